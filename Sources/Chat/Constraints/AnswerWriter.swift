import Grammar
import JSON

/// Writes the grammar of a whole answer: reasoning, then calls, or an answer of the demanded form.
public struct AnswerWriter {
  let format: (any ToolFormat)?
  let reasoning: ReasoningMarkers?
  let rules: AnswerRules
  /// The beginning of the answer that the prompt already holds.
  let begun: String
  /// Nil where no calls can come, or they aren't constrained.
  let calls: CallWriter?

  init(
    format: (any ToolFormat)?, reasoning: ReasoningMarkers?, rules: AnswerRules, begun: String
  ) throws {
    (self.format, self.reasoning, self.rules, self.begun) = (format, reasoning, rules, begun)
    let tools = rules.tools.compactMap { CallableTool($0, strict: rules.strict) }
    guard !tools.isEmpty else {
      calls = nil
      return
    }
    let isRequired = rules.calls == .required
    guard let grammars = format?.callGrammars, !grammars.isEmpty else {
      guard !isRequired, rules.strict.isEmpty else {
        let name = format?.name ?? "none"
        throw ConstraintError(
          tool: nil, description: "this model's tool format, \(name), can't be constrained")
      }
      calls = nil
      return
    }
    let writer = try CallWriter(
      grammars, tools, allowsSeveral: rules.allowsSeveralCalls, isDemanded: isRequired)
    calls = writer.grammars.isEmpty ? nil : writer
  }

  /// Whether the prompt ends where a header says what follows.
  var beginsInHeader: Bool {
    guard let opening = format?.headerOpening else { return false }
    return trimmed(begun).hasSuffix(opening)
  }

  /// Whether the prompt leaves reasoning open.
  var isReasoning: Bool { reasoning?.areOpen(atEndOf: begun) ?? false }

  /// The grammar of the answer; nil where nothing is constrained.
  func grammar(limits: GrammarLimits = GrammarLimits()) throws -> Grammar? {
    var builder = GrammarBuilder(limits: limits)
    guard let root = try answer(&builder) else { return nil }
    return try builder.grammar(root: root)
  }

  /// The whole answer; nil where nothing is constrained.
  private func answer(_ builder: inout GrammarBuilder) throws -> GrammarBuilder.Part? {
    guard calls != nil || rules.form != nil else { return nil }
    if beginsInHeader { return try format?.answer(self, &builder) }
    if rules.form == nil, rules.calls == .allowed {
      return try calls.map { try allowed($0, &builder) }
    }
    var answers: [GrammarBuilder.Part] = []
    for grammar in calls?.grammars ?? [] { answers.append(try required(grammar, &builder)) }
    if let form = try form(&builder) { answers += try framed(form, &builder) }
    return try behindReasoning(builder.choice(answers), &builder)
  }

  // MARK: Calls

  /// Calls, at least one, and nothing else.
  private func required(
    _ grammar: CallGrammar, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    guard let calls else { return builder.empty }
    let begin = builder.template(grammar.begin)
    let body = builder.rule("calls")
    var rest = builder.optional(builder.template(grammar.frame.behind))
    if calls.allowsSeveral, let next = grammar.next {
      let more = builder.sequence([builder.template(next), begin, body])
      rest = builder.choice([rest, more])
    }
    builder.define(body, as: try calls.body(of: grammar, &builder, then: rest))
    let before = builder.optional(builder.template(grammar.frame.before))
    return builder.sequence([before, begin, body])
  }

  /// Free text in which each call is constrained.
  private func allowed(
    _ calls: CallWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    let text = builder.rule("text")
    var markers: [String] = []
    for grammar in calls.grammars where !markers.contains(grammar.begin) && !grammar.begin.isEmpty {
      markers.append(grammar.begin)
    }
    let passed = (format?.passedMarkers ?? []).map { (marker: $0, body: Optional(text)) }
    let last = try builder.freeText(until: passed + markers.map { ($0, nil) }, mayEnd: true)
    let rest = calls.allowsSeveral ? text : last
    var branches = passed
    for marker in markers {
      let bodies = try calls.grammars.filter { $0.begin == marker }.map {
        try calls.body(of: $0, &builder, then: rest)
      }
      branches.append((marker, builder.choice(bodies)))
    }
    builder.define(text, as: try builder.freeText(until: branches, mayEnd: true))
    let unmarked = calls.grammars.filter(\.begin.isEmpty)
    if unmarked.isEmpty { return text }
    var answers = try unmarked.map { try calls.body(of: $0, &builder, then: rest) }
    let names = calls.tools.map { escaped($0.name) }.joined(separator: "|")
    let beginnings = unmarked.map { $0.beginning.replacing("NAME", with: "(?:\(names))") }
    answers.append(
      try builder.freeText(
        until: branches, mayEnd: true, notBeginning: beginnings.joined(separator: "|")))
    return builder.choice(answers)
  }

  // MARK: Other answers

  /// An answer of the demanded form; nil where there is none or calls are required.
  func form(_ builder: inout GrammarBuilder) throws -> GrammarBuilder.Part? {
    guard rules.calls == .allowed else { return nil }
    switch rules.form {
    case .jsonSchema(let schema)?:
      var options = SchemaOptions()
      options.closesObjects = true
      return try builder.jsonSchema(schema, options: options)
    case .regex(let pattern)?: return try builder.regex(pattern)
    case .choice(let texts)?: return builder.choice(texts.map { builder.literal($0) })
    case .grammar(let text)?: return try builder.notation(text)
    case nil: return nil
    }
  }

  /// An answer as it is, and between the markers that the model may put around it.
  private func framed(
    _ answer: GrammarBuilder.Part, _ builder: inout GrammarBuilder
  ) throws -> [GrammarBuilder.Part] {
    var answers = [answer]
    for frame in format?.answerFrames ?? [] {
      let (begin, end) = (builder.template(frame.begin), builder.template(frame.end))
      answers.append(builder.sequence([begin, answer, end]))
    }
    return answers
  }

  /// The answer behind reasoning, which the prompt may have begun, or the model may begin.
  private func behindReasoning(
    _ answer: GrammarBuilder.Part, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    guard let reasoning else { return answer }
    let space = try builder.regex("[ \\n]{0,2}")
    let spaced = builder.sequence([space, answer])
    let thought = try builder.freeText(until: [(reasoning.closing, spaced)], mayEnd: false)
    if isReasoning { return thought }
    let openings = reasoning.openings.map { builder.marker($0) }
    let reasoned = builder.sequence([builder.choice(openings), thought])
    return builder.choice([answer, reasoned])
  }

  /// A text as a pattern that matches nothing else.
  private func escaped(_ text: String) -> String {
    text.map { $0.isLetter || $0.isNumber || $0 == "_" ? String($0) : "\\\($0)" }.joined()
  }
}
