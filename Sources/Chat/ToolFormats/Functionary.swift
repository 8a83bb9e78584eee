import Grammar

/// `>>>all\nANSWER>>>NAME\n{…}`: Functionary 3.2 writes on a line before each part of its output
/// whom it is for; the prompt ends with the first `>>>`. Code for `python` isn't JSON.
struct FunctionaryFormat: ToolFormat {
  let name = "functionary"
  let markers: [CallMarkers] = []
  let headerOpening: String? = ">>>"
  let headersAreNames = true
  let callGrammars = [CallGrammar(begin: "", head: "NAME\n")]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions(">>>all") }

  func part(behind header: String) -> HeadedPart {
    header == "all" ? .content : .call(name: header)
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    HeadedCallReader(textTool: (name: "python", parameter: "code"))
  }

  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    var grammar = OutputGrammar()
    grammar.add(">>>", from: [.contentStart, .content, .call], to: .header)
    grammar.add("\n", from: [.header], to: .headerEnd)
    return grammar
  }

  // MARK: Grammar

  /// Text or a call behind the prompt's marker, then calls.
  func answer(
    _ answer: AnswerWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part? {
    var parts: [GrammarBuilder.Part] = []
    var calls: [(marker: String, body: GrammarBuilder.Part?)] = []
    if let writer = answer.calls {
      let more = builder.rule("calls")
      for grammar in writer.grammars {
        for tool in writer.tools {
          let call = try writer.call(of: tool, in: grammar, &builder)
          let several = writer.allowsSeveral ? builder.optional(more) : builder.empty
          parts.append(builder.sequence([call, several]))
        }
      }
      builder.define(
        more, as: builder.sequence([builder.literal(">>>"), builder.choice(parts)]))
      calls = parts.isEmpty ? [] : [(">>>", builder.choice(parts))]
    }
    let all = builder.literal("all\n")
    if let form = try answer.form(&builder) {
      parts.append(builder.sequence([all, form]))
    } else if answer.rules.calls == .allowed {
      parts.append(builder.sequence([all, try builder.freeText(until: calls, mayEnd: true)]))
    }
    return builder.choice(parts)
  }
}
