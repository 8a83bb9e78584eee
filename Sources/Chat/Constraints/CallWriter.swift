import Grammar
import JSON

/// Writes the grammar of a format's calls of the request's tools.
struct CallWriter {
  let grammars: [CallGrammar]
  let tools: [CallableTool]
  let allowsSeveral: Bool

  /// Leaves out the tools whose names a form of call can't hold.
  ///
  /// - Parameter isDemanded: whether calls are required: then every tool must have a form.
  init(
    _ grammars: [CallGrammar], _ tools: [CallableTool], allowsSeveral: Bool, isDemanded: Bool
  ) throws {
    (self.tools, self.allowsSeveral) = (tools, allowsSeveral)
    var forms: [CallGrammar] = []
    for grammar in grammars where try tools.contains(where: { try grammar.canWrite($0.name) }) {
      forms.append(grammar)
    }
    self.grammars = forms
    for tool in tools where isDemanded || tool.isStrict {
      guard try forms.contains(where: { try $0.canWrite(tool.name) }) else {
        throw ConstraintError(
          tool: tool.name, description: "this model's calls have no way to write the tool's name")
      }
    }
  }

  /// Everything behind the marker: calls, their end, and what `rest` stands for.
  func body(
    of grammar: CallGrammar, _ builder: inout GrammarBuilder, then rest: GrammarBuilder.Part
  ) throws -> GrammarBuilder.Part {
    let call = builder.rule("call")
    var choices: [GrammarBuilder.Part] = []
    for tool in tools where try grammar.canWrite(tool.name) {
      choices.append(try self.call(of: tool, in: grammar, &builder))
    }
    builder.define(call, as: builder.choice(choices))
    var parts = [try builder.regex(grammar.space), call]
    if let separator = grammar.separator, allowsSeveral {
      let next = builder.sequence([builder.template(separator), call])
      parts.append(builder.repetition(next, 0, nil))
    }
    return builder.sequence(parts + [builder.template(grammar.end), rest])
  }

  /// One call, without what stands between calls.
  func call(
    of tool: CallableTool, in grammar: CallGrammar, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    let head = grammar.head.replacing("NAME", with: tool.name)
    return builder.sequence([
      try numbered(head, &builder), try arguments(of: tool, in: grammar, &builder),
      try numbered(grammar.tail, &builder),
    ])
  }

  private func numbered(
    _ text: String, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    var parts: [GrammarBuilder.Part] = []
    for (index, piece) in text.parts(separatedBy: "INDEX").enumerated() {
      if index > 0 { parts.append(try builder.regex("[0-9]{1,4}")) }
      parts.append(builder.template(piece))
    }
    return builder.sequence(parts)
  }

  /// The arguments by the tool's schema; any object where that can't be enforced and needn't be.
  private func arguments(
    of tool: CallableTool, in grammar: CallGrammar, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    var options = SchemaOptions()
    options.whitespace = .spaced
    options.closesObjects = true
    options.excludedTexts = grammar.excluded
    options.notations = grammar.arguments
    func write(_ schema: JSON) throws(GrammarError) -> GrammarBuilder.Part {
      guard grammar.needsArguments, var some = schema.object else {
        return try builder.jsonSchema(schema, options: options)
      }
      some["minProperties"] = .integer(max(1, schema["minProperties"]?.integer ?? 0))
      return try builder.jsonSchema(.object(some), options: options)
    }
    do throws(GrammarError) {
      return try write(tool.schema)
    } catch {
      guard !tool.isStrict else {
        throw ConstraintError(tool: tool.name, description: "\(error)")
      }
      return try write(["type": "object"])
    }
  }
}

extension CallGrammar {
  fileprivate func canWrite(_ name: String) throws -> Bool { try Grammar.matches(names, name) }
}
