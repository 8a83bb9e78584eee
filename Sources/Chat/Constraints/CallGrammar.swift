import Grammar
import JSON

/// How a format's calls look, for constraining them while they are written.
///
/// Texts may hold special tokens, `␤` for a line break that may be missing, `NAME` for the tool's
/// name and `INDEX` for a number.
public struct CallGrammar: Sendable {
  /// The marker with which calls begin: behind it everything is constrained. Empty where they begin
  /// an answer without one.
  var begin: String
  /// Without a marker: how calls begin, as a pattern that an answer of another kind doesn't match.
  var beginning = ""
  /// What stands between the marker and the first call, as a pattern.
  var space = ""
  /// A call up to its arguments, and behind them.
  var head: String
  var tail = ""
  /// How arguments are written, by their depth; JSON where nothing is said.
  var arguments: [ValueNotation] = []
  /// What stands between two calls behind one marker; nil where each call has its own.
  var separator: String?
  /// What stands behind the last call.
  var end = ""
  /// What stands between the end and the next marker, where there may be one.
  var next: String?
  /// What no string may hold, since it would end the calls.
  var excluded: [String] = []
  /// Whether a call without arguments can't be written in this form.
  var needsArguments = false
  /// Names of tools that can be written, as a pattern.
  var names = #"[^\s"'\\<>{}()\[\]=]+"#
  /// What may stand before the first of required calls, and behind the last of them.
  var frame = (before: "", behind: "")
}

extension CallGrammar {
  /// `BEGIN{"name": "NAME", "arguments": {…}}END`, each call between markers of its own.
  static func object(_ begin: String, _ end: String) -> CallGrammar {
    CallGrammar(
      begin: begin, head: #"␤{"name": "NAME", "arguments": "#, tail: "}␤", end: end, next: "␤",
      excluded: [end])
  }

  /// `BEGIN[{"name": "NAME", "arguments": {…}}, …]END`
  static func list(_ begin: String, _ end: String = "", name: String = "name") -> CallGrammar {
    CallGrammar(
      begin: begin, space: " ?\\[", head: #"{""# + name + #"": "NAME", "arguments": "#, tail: "}",
      separator: ", ", end: "]" + end, excluded: end.isEmpty ? [] : [end])
  }

  /// The same calls behind another marker.
  func behind(_ begin: String) -> CallGrammar {
    var result = self
    result.begin = begin
    return result
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
