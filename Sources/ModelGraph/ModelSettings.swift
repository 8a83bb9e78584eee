import JSON
import ModelFiles

/// The keys of config.json as an architecture asks for them: each is checked when it is read, and
/// an error names it.
struct ModelSettings {
  let object: JSONObject
  /// What stands before a key in messages: "config.json: ", "config.json: rope_scaling.".
  private let prefix: String

  /// Larger sizes are refused before anything is allocated for them.
  static let sizeLimit = 1 << 24

  init(_ configuration: JSONObject) {
    self.init(configuration, prefix: "config.json: ")
  }

  private init(_ object: JSONObject, prefix: String) {
    self.object = object
    self.prefix = prefix
  }

  func has(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

  /// A count or width: an integer from 1 to the limit.
  func size(_ key: String, limit: Int = sizeLimit) throws -> Int {
    guard has(key) else { throw missing(key) }
    guard let value = object[key]?.integer else { throw wrong(key, "a whole number") }
    guard value >= 1, value <= limit else { throw wrong(key, "1 to \(limit)") }
    return value
  }

  func size(_ key: String, default fallback: Int, limit: Int = sizeLimit) throws -> Int {
    has(key) ? try size(key, limit: limit) : fallback
  }

  /// A number greater than zero.
  func positive(_ key: String) throws -> Double {
    guard has(key) else { throw missing(key) }
    guard let value = object[key]?.double else { throw wrong(key, "a number") }
    guard value > 0, value.isFinite else { throw wrong(key, "a number greater than 0") }
    return value
  }

  func positive(_ key: String, default fallback: Double) throws -> Double {
    has(key) ? try positive(key) : fallback
  }

  func optionalPositive(_ key: String) throws -> Double? {
    has(key) ? try positive(key) : nil
  }

  func number(_ key: String, default fallback: Double) throws -> Double {
    guard has(key) else { return fallback }
    guard let value = object[key]?.double, value.isFinite else { throw wrong(key, "a number") }
    return value
  }

  func flag(_ key: String, default fallback: Bool) throws -> Bool {
    try optionalFlag(key) ?? fallback
  }

  func optionalFlag(_ key: String) throws -> Bool? {
    guard has(key) else { return nil }
    guard let value = object[key]?.bool else { throw wrong(key, "true or false") }
    return value
  }

  func string(_ key: String, default fallback: String) throws -> String {
    guard has(key) else { return fallback }
    guard let value = object[key]?.string else { throw wrong(key, "a string") }
    return value
  }

  /// Nil when the key is absent.
  func strings(_ key: String) throws -> [String]? {
    guard has(key) else { return nil }
    guard let values = object[key]?.array else { throw wrong(key, "a list of strings") }
    return try values.map { value in
      guard let text = value.string else { throw wrong(key, "a list of strings") }
      return text
    }
  }

  /// The settings under a key; nil when the key is absent.
  func group(_ key: String) throws -> ModelSettings? {
    guard has(key) else { return nil }
    guard let value = object[key]?.object else { throw wrong(key, "an object") }
    return ModelSettings(value, prefix: prefix + key + ".")
  }

  func missing(_ key: String) -> ModelError {
    ModelError("\(prefix)\(key) is missing; the file is incomplete or of another kind of model")
  }

  func wrong(_ key: String, _ expected: String) -> ModelError {
    let found = object[key].map(Self.describe) ?? "missing"
    return ModelError("\(prefix)\(key) is \(found), expected \(expected)")
  }

  func error(_ message: String) -> ModelError { ModelError(prefix + message) }

  private static func describe(_ value: JSON) -> String {
    switch value {
    case .null, .bool, .integer, .number: value.text()
    case .string(let text): "\"\(printable(text))\""
    case .array, .object: value.kind
    }
  }
}
