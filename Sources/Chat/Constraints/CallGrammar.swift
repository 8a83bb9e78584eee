import Grammar
import JSON

/// How a format's calls look, for constraining them while they are written.
///
/// Texts may hold special tokens, and `NAME` for the tool's name, `INDEX` for a number, `KEY` for
/// an argument's name.
public struct CallGrammar: Sendable {
  /// How the arguments of a call are written.
  enum Arguments: Sendable {
    /// One JSON object.
    case json
    /// An element for each argument: strings as they are, everything else as JSON.
    case elements(begin: String, end: String)
  }

  /// The marker with which calls begin: behind it everything is constrained.
  var begin: String
  /// What stands between the marker and the first call, as a pattern.
  var space = ""
  /// A call up to its arguments, and behind them.
  var head: String
  var tail = ""
  var arguments = Arguments.json
  /// What stands between two calls behind one marker; nil where each call has its own.
  var separator: String?
  /// What stands behind the last call.
  var end: String
  /// What stands between the end and the next marker, where there may be one.
  var next: String?
  /// What no string may hold, since it would end the calls.
  var excluded: [String] = []
  /// Other ways in which models of the format go on behind the same marker.
  var others: [CallGrammar] = []
}

extension CallGrammar {
  /// `BEGIN{"name": "NAME", "arguments": {…}}END`, each call between markers of its own.
  static func object(_ begin: String, _ end: String) -> CallGrammar {
    CallGrammar(
      begin: begin, space: "\\n?", head: #"{"name": "NAME", "arguments": "#, tail: "}",
      end: "\n" + end, next: "\n", excluded: [end])
  }

  /// `BEGIN[{"name": "NAME", "arguments": {…}}, …]END`
  static func list(_ begin: String, _ end: String = "", name: String = "name") -> CallGrammar {
    CallGrammar(
      begin: begin, space: " ?\\[", head: #"{""# + name + #"": "NAME", "arguments": "#, tail: "}",
      separator: ", ", end: "]" + end, excluded: end.isEmpty ? [] : [end])
  }
}

/// A tool that may be called.
struct CallableTool: Sendable {
  let name: String
  let parameters: JSON
  /// Whether arguments that don't satisfy the schema must not come.
  let isStrict: Bool

  /// Reads the request's tools: OpenAI's objects.
  init?(_ definition: JSON, strict: Set<String>) {
    let function = definition["function"] ?? definition
    guard let name = function["name"]?.string else { return nil }
    self.name = name
    parameters = function["parameters"] ?? ["type": "object", "properties": [:]]
    isStrict = strict.contains(name)
  }

  /// The arguments' schema: an object, whatever else it says.
  var schema: JSON {
    guard var object = parameters.object, object["type"] == nil else { return parameters }
    object["type"] = "object"
    return .object(object)
  }
}

/// Why calls can't be constrained.
public struct ConstraintError: Error, CustomStringConvertible {
  /// The tool whose schema is at fault; nil for the format.
  public let tool: String?
  public let description: String
}

/// Writes the grammar of calls.
struct CallWriter {
  let grammar: CallGrammar
  let tools: [CallableTool]
  let allowsSeveral: Bool

  /// Everything behind the marker: calls, their end, and what `rest` stands for.
  func body(
    _ builder: inout GrammarBuilder, then rest: GrammarBuilder.Part
  ) throws -> GrammarBuilder.Part {
    let call = builder.rule("call")
    var choices: [GrammarBuilder.Part] = []
    for tool in tools { choices.append(try self.call(tool, &builder)) }
    builder.define(call, as: builder.choice(choices))
    var parts = [try builder.regex(grammar.space), call]
    if let separator = grammar.separator, allowsSeveral {
      let next = builder.sequence([builder.marker(separator), call])
      parts.append(builder.repetition(next, 0, nil))
    }
    if !grammar.end.isEmpty { parts.append(builder.marker(grammar.end)) }
    var forms = [builder.sequence(parts + [rest])]
    for other in grammar.others {
      let writer = CallWriter(grammar: other, tools: tools, allowsSeveral: allowsSeveral)
      forms.append(try writer.body(&builder, then: rest))
    }
    return builder.choice(forms)
  }

  private func call(
    _ tool: CallableTool, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    var parts: [GrammarBuilder.Part] = []
    for (index, text) in grammar.head.parts(separatedBy: "INDEX").enumerated() {
      if index > 0 { parts.append(try builder.regex("[0-9]{1,4}")) }
      parts.append(builder.marker(text.replacing("NAME", with: tool.name)))
    }
    parts.append(try arguments(tool, &builder))
    if !grammar.tail.isEmpty { parts.append(builder.marker(grammar.tail)) }
    return builder.sequence(parts)
  }

  /// The arguments by the tool's schema; any object where that can't be enforced and needn't be.
  private func arguments(
    _ tool: CallableTool, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    do throws(GrammarError) {
      return try arguments(tool.schema, &builder)
    } catch {
      guard !tool.isStrict else {
        throw ConstraintError(tool: tool.name, description: "\(error)")
      }
      return try arguments(["type": "object"], &builder)
    }
  }

  private var options: SchemaOptions {
    var options = SchemaOptions()
    options.whitespace = .spaced
    options.closesObjects = true
    options.excludedTexts = grammar.excluded
    return options
  }

  private func arguments(
    _ schema: JSON, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> GrammarBuilder.Part {
    switch grammar.arguments {
    case .json: return try builder.jsonSchema(schema, options: options)
    case .elements(let begin, let end):
      return try elements(schema, begin, end, &builder)
    }
  }

  /// The declared arguments in their order, each in an element of its own.
  private func elements(
    _ schema: JSON, _ begin: String, _ end: String, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> GrammarBuilder.Part {
    let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
    for keyword in schema.object?.keys ?? [] where Self.unwritten.contains(keyword) {
      throw .unsupported(keyword: keyword, path: "", reason: "this model's calls aren't JSON")
    }
    var parts: [GrammarBuilder.Part] = []
    for (key, value) in schema["properties"]?.object ?? JSONObject() {
      let head = builder.marker(begin.replacing("KEY", with: key))
      let element = builder.sequence([head, try self.value(value, schema, end, &builder)])
      parts.append(required.contains(key) ? element : builder.optional(element))
    }
    return parts.isEmpty ? builder.empty : builder.sequence(parts)
  }

  /// Keywords of an object that elements don't show.
  private static let unwritten: Set<String> = [
    "allOf", "anyOf", "oneOf", "not", "if", "$ref", "minProperties", "patternProperties",
  ]

  private func value(
    _ schema: JSON, _ root: JSON, _ end: String, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> GrammarBuilder.Part {
    let types = ToolSchemas.types(in: schema)
    guard types.contains("string") || types.contains("null") else {
      let value = try builder.jsonSchema(Self.rooted(schema, root), options: options)
      return builder.sequence([value, builder.marker(end)])
    }
    let constants = schema["const"].map { [$0] } ?? schema["enum"]?.array
    if let constants, constants.allSatisfy({ $0.string != nil }) {
      let texts = constants.compactMap(\.string).map { builder.literal($0) }
      return builder.sequence([builder.choice(texts), builder.marker(end)])
    }
    for keyword in schema.object?.keys ?? []
    where ["pattern", "format", "minLength", "maxLength", "anyOf", "oneOf"].contains(keyword) {
      throw .unsupported(keyword: keyword, path: "", reason: "this model's calls aren't JSON")
    }
    return builder.text(upTo: end)
  }

  /// A schema with the definitions that it may refer to.
  private static func rooted(_ schema: JSON, _ root: JSON) -> JSON {
    guard var object = schema.object else { return schema }
    for key in ["$defs", "definitions"] { if let value = root[key] { object[key] = value } }
    return .object(object)
  }
}
