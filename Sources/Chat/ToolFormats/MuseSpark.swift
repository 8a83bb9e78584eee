import Grammar
import JSON

/// `<atem:function_calls><atem:invoke name="NAME"><atem:parameter
/// name="KEY">VALUE</atem:parameter>…`
///
/// An answer is in messages, each with a header that says whom it is for:
/// ` to=self<|message|>reasoning<|eom|><|start|>assistant to=user<|message|>answer<|eot|>`.
struct MuseSparkFormat: ToolFormat {
  let name = "muse_spark"
  let markers = [CallMarkers("<atem:function_calls>", "</atem:function_calls>")]
  let innerMarkers = ["<|start|>"]
  let headerOpening: String? = "<|start|>assistant"

  let callGrammars = [
    CallGrammar(
      begin: "<atem:function_calls>", space: "\\n?", head: "<atem:invoke name=\"NAME\">␤",
      tail: "</atem:invoke>␤",
      arguments: ValueNotation.elements(
        head: "<atem:parameter name=\"KEY\">", end: "</atem:parameter>␤", excluded: ends,
        misread: TypedText.beside.merging([.string: bracketed]) { $1 }), separator: "",
      end: "</atem:function_calls>", excluded: ends)
  ]
  /// Texts that are read as JSON even where a string is declared.
  private static let bracketed = #"\s*(?:\[[\s\S]*\]|\{[\s\S]*\})\s*"#
  private static let ends = ["</atem:parameter>", "</atem:invoke>", "</atem:function_calls>"]

  /// Messages one after another, each for the reader that its header names.
  func answer(
    _ answer: AnswerWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part? {
    let message = builder.rule("message")
    let next = builder.sequence([builder.marker("<|start|>assistant"), message])
    let isFree = answer.rules.calls == .allowed && answer.rules.form == nil
    var messages = [try text("self", &builder, then: next, mayEnd: isFree)]
    if isFree {
      messages.append(try text("user", &builder, then: next, mayEnd: true))
      messages.append(try text("commentary", &builder, then: next, mayEnd: true))
    }
    if let form = try answer.form(&builder) {
      messages.append(builder.sequence([try header("user", &builder), form]))
    }
    for grammar in answer.calls?.grammars ?? [] {
      guard let calls = answer.calls else { break }
      let space = try builder.regex(" ?")
      let reader = try builder.regex("[A-Za-z0-9_.-]{1,64}")
      let end = calls.allowsSeveral ? next : builder.empty
      let rest = builder.optional(
        builder.sequence([builder.marker("<|eom|>"), builder.optional(end)]))
      messages.append(
        builder.sequence([
          space, builder.literal("to="), reader, builder.marker("<|message|>" + grammar.begin),
          try calls.body(of: grammar, &builder, then: rest),
        ]))
    }
    builder.define(message, as: builder.choice(messages))
    return message
  }

  /// A header, before which the prompt may have a space already.
  private func header(
    _ reader: String, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    builder.sequence([try builder.regex(" ?"), builder.marker("to=\(reader)<|message|>")])
  }

  /// A message of free text.
  private func text(
    _ reader: String, _ builder: inout GrammarBuilder, then next: GrammarBuilder.Part, mayEnd: Bool
  ) throws -> GrammarBuilder.Part {
    let others = ["<|start|>", "<|message|>", "<atem:function_calls>"]
    let text = try builder.freeText(
      until: [("<|eom|>", next)] + others.map { ($0, nil) }, mayEnd: mayEnd)
    return builder.sequence([try header(reader, &builder), text])
  }

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<atem:function_calls>") }

  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    var grammar = OutputGrammar(calls: markers, reasoning: reasoning)
    grammar.add("to=self<|message|>", from: [.header], to: .reasoning)
    for reader in ["to=user<|message|>", "to=commentary<|message|>"] {
      grammar.add(reader, from: [.header], to: .content)
    }
    grammar.add(markers[0].begin, from: [.header], to: .call(0))
    grammar.add("<|eom|>", from: [.reasoning, .contentStart, .content], to: .header)
    grammar.add("<|eot|>", from: [.contentStart, .content], to: .same)
    return grammar
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      try elements("atem:invoke", in: closed(text)).map { invoke in
        guard let name = invoke.attributes["name"] else { throw CallError("names no function") }
        var arguments = JSONObject()
        for parameter in (try? elements("atem:parameter", in: invoke.body)) ?? [] {
          guard let key = parameter.attributes["name"] else { continue }
          arguments[key] = value(parameter.body, tools.schema(of: key, in: name))
        }
        return ToolCall(name: name, arguments: .object(arguments))
      }
    }
  }
}

/// JSON where the text is JSON, but numbers and words only where the schema allows others than
/// strings.
private func value(_ text: String, _ schema: JSON?) -> JSON {
  let string = JSON.string(trimmed(text))
  guard let json = try? JSON(parsing: text) else { return string }
  let isText = schema.flatMap { ToolSchemas.declaredTypes(in: $0) } == ["string"]
  return isText && json.array == nil && json.object == nil ? string : json
}

/// The text with the end of its last call, which may be missing.
private func closed(_ text: String) -> String {
  let begin = text.lastRange(of: "<atem:invoke")
  let end = text.lastRange(of: "</atem:invoke>")
  guard let begin, end.map({ $0.lowerBound < begin.lowerBound }) ?? true else { return text }
  return text + "</atem:invoke>"
}
