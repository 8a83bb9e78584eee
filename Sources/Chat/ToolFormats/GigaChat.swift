/// `ANSWER<|message_sep|>␤␤function call<|role_sep|>␤{"name": …, "arguments": {…}}`: GigaChat 3
/// writes a call as a message of its own. GigaChat 3.1 puts it behind `<|function_call|>`.
struct GigaChatFormat: ToolFormat {
  let name = "gigachat"
  let markers = [
    CallMarkers("function call<|role_sep|>", "<|message_sep|>"),
    CallMarkers("<|function_call|>", "<|message_sep|>"),
  ]
  let ignoredMarkers = ["<|message_sep|>"]
  let innerMarkers = ["<|role_sep|>", "<|message_sep|>"]
  let passedMarkers = ["<|message_sep|>"]
  let callGrammars: [CallGrammar] = {
    var call = CallGrammar.object("function call<|role_sep|>", "")
    call.next = "<|message_sep|>␤␤"
    call.excluded = ["<|message_sep|>"]
    call.frame = (before: "<|message_sep|>\n\n", behind: "<|message_sep|>")
    var marked = CallGrammar.object("<|function_call|>", "")
    marked.next = "<|message_sep|>␤␤"
    marked.excluded = call.excluded
    marked.frame = (before: "", behind: "<|message_sep|>")
    return [call, marked]
  }()

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|role_sep|>")
      && (clues.mentions("function call") || clues.mentions("<|function_call|>"))
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { JSONCallReader(.object) }
}
