import Foundation
import JSON

/// What a model's text side can do, and what is wrong with it.
public struct ChatReport: Sendable, CustomStringConvertible {
  /// Something that will go wrong, or may.
  public struct Finding: Sendable, Equatable {
    public enum Severity: String, Sendable {
      /// Requests will fail or be answered wrongly.
      case error
      /// Works, but not as the model's makers meant.
      case warning
    }

    public let severity: Severity
    public let message: String
  }

  /// Facts in the order in which they are printed: "tool calls", "yes, as json_tools".
  public internal(set) var facts: [(name: String, value: String)] = []
  public internal(set) var findings: [Finding] = []
  public internal(set) var capabilities: ChatCapabilities?

  public var description: String {
    let width = facts.map(\.name.count).max() ?? 0
    var lines = facts.map { name, value in
      "  " + name + String(repeating: " ", count: width - name.count + 2) + value
    }
    lines += findings.map { "  \($0.severity.rawValue): \($0.message)" }
    if findings.isEmpty { lines.append("  nothing is wrong with it") }
    return "chat:\n" + lines.joined(separator: "\n") + "\n"
  }

}

// MARK: - As JSON

extension ChatReport {
  /// The report's name in a bundle.
  public static let fileName = "chat-report.json"
  /// Grows when the report says more.
  private static let version = 1

  /// For bundles, for scripts and for the server's clients.
  public var json: JSON {
    var facts = JSONObject()
    for (name, value) in self.facts { facts[name] = .string(value) }
    let findings = findings.map { finding -> JSON in
      ["severity": .string(finding.severity.rawValue), "message": .string(finding.message)]
    }
    var report = JSONObject()
    report["version"] = .integer(Self.version)
    report["facts"] = .object(facts)
    report["findings"] = .array(findings)
    if let capabilities { report["capabilities"] = capabilities.json }
    return .object(report)
  }

  /// A report that was stored; nil where this isn't one of today's.
  init?(_ json: JSON) {
    guard json["version"]?.integer == Self.version, let facts = json["facts"]?.object,
      let findings = json["findings"]?.array
    else { return nil }
    for (name, value) in facts {
      guard let text = value.string else { return nil }
      self.facts.append((name, text))
    }
    for finding in findings {
      guard let severity = finding["severity"]?.string.flatMap(Finding.Severity.init),
        let message = finding["message"]?.string
      else { return nil }
      self.findings.append(Finding(severity: severity, message: message))
    }
    if let stored = json["capabilities"] {
      guard let capabilities = ChatCapabilities(stored) else { return nil }
      self.capabilities = capabilities
    }
  }
}

/// The report on a bundle's text side as it was made with the bundle, or a new one.
public func chatReport(directory: String) -> ChatReport {
  let path = directory + "/" + ChatReport.fileName
  let stored = FileManager.default.contents(atPath: path)
    .flatMap { try? JSON(parsing: Array($0)) }
    .flatMap(ChatReport.init)
  return stored ?? inspectChat(directory: directory)
}
