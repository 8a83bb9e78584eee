import Foundation
import JSON
import Logging
import Synchronization

/// How log lines are written: for people, or for programs that collect them.
public enum LogFormat: String, Sendable, CaseIterable {
  case text
  case json
}

/// Writes one line for each log entry: its time, level, message and what belongs to it.
public struct LineLog: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel = Logger.Level.info
  private let format: LogFormat
  private let write: @Sendable (String) -> Void

  /// What the web framework adds and `request_id` replaces.
  private static let skippedKeys: Set<String> = ["hb.request.id"]

  public init(_ format: LogFormat, write: @escaping @Sendable (String) -> Void) {
    self.format = format
    self.write = write
  }

  public subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
      .filter { !Self.skippedKeys.contains($0.key) }.sorted { $0.key < $1.key }
    let time = Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))
    switch format {
    case .text:
      let pairs = all.map { " \($0.key)=\(oneLine("\($0.value)"))" }.joined()
      write("\(time) \(event.level) \(oneLine("\(event.message)"))\(pairs)\n")
    case .json:
      var line = JSONObject([
        (key: "time", value: .string(time)), (key: "level", value: .string("\(event.level)")),
        (key: "message", value: .string("\(event.message)")),
      ])
      for (key, value) in all { line[key] = Self.json(value) }
      write(JSON.object(line).text() + "\n")
    }
  }

  /// Numbers stay numbers, so that a collector can add them up.
  private static func json(_ value: Logger.MetadataValue) -> JSON {
    switch value {
    case .string(let text): return .string(text)
    case .stringConvertible(let value):
      if let integer = value as? Int { return .integer(integer) }
      if let number = value as? Double { return .number(number) }
      return .string("\(value)")
    case .array(let values): return .array(values.map(json))
    case .dictionary(let members):
      return .object(
        JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
    }
  }

  /// A client can put a line break into a name; a log line stays one.
  private func oneLine(_ text: String) -> String {
    text.replacing("\n", with: "\\n").replacing("\r", with: "\\r")
  }
}
