import JSON

/// Reads members of one object of a manifest; what is missing or wrong is named with its place.
struct ManifestReader {
  private let object: JSONObject
  private let place: String

  init(_ value: JSON, place: String) throws {
    guard let object = value.object else {
      throw ModelError("\(place): is \(value.kind), expected an object")
    }
    self.object = object
    self.place = place
  }

  func has(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

  func string(_ key: String) throws -> String {
    guard let value = object[key]?.string else { throw wrong(key, "a string") }
    return value
  }

  func strings(_ key: String) throws -> [String] {
    guard let values = object[key]?.array else { throw wrong(key, "an array of strings") }
    return try values.map { value in
      guard let text = value.string else { throw wrong(key, "an array of strings") }
      return text
    }
  }

  /// A count or a size: an integer that isn't negative, and small enough to be added to others.
  func integer(_ key: String, atMost limit: Int = 1 << 53) throws -> Int {
    guard let value = object[key]?.integer, value >= 0 else {
      throw wrong(key, "an integer of 0 or more")
    }
    guard value <= limit else { throw wrong(key, "at most \(limit)") }
    return value
  }

  func number(_ key: String) throws -> Double {
    guard let value = object[key]?.double else { throw wrong(key, "a number") }
    return value
  }

  func object(_ key: String) throws -> ManifestReader {
    guard let value = object[key] else { throw wrong(key, "an object") }
    return try ManifestReader(value, place: "\(place): \(key)")
  }

  func array(_ key: String) throws -> [ManifestReader] {
    guard let values = object[key]?.array else { throw wrong(key, "an array") }
    return try values.enumerated().map { index, value in
      try ManifestReader(value, place: "\(place): \(key)[\(index)]")
    }
  }

  func members() throws -> [(String, ManifestReader)] {
    try object.map {
      ($0.key, try ManifestReader($0.value, place: "\(place).\(printable($0.key))"))
    }
  }

  func integersByNumber() throws -> [Int: Int] {
    var result: [Int: Int] = [:]
    for key in object.keys {
      guard let number = Int(key), number > 0 else {
        throw ModelError("\(place): \"\(printable(key))\" is not a number of threads")
      }
      result[number] = try integer(key)
    }
    return result
  }

  /// Numbers of 0 or more, by a number of 1 or more.
  func numbersByNumber() throws -> [Int: Double] {
    var result: [Int: Double] = [:]
    for key in object.keys {
      guard let number = Int(key), number > 0 else {
        throw ModelError("\(place): \"\(printable(key))\" is not a number of rows")
      }
      let value = try self.number(key)
      guard value >= 0, value.isFinite else { throw wrong(key, "a number of 0 or more") }
      result[number] = value
    }
    return result
  }

  /// A path that stays inside the bundle.
  func path(_ key: String) throws -> String { try checkedPath(string(key)) }

  func checkedPath(_ path: String) throws -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), !path.contains("\0")
    else {
      throw ModelError("\(place): \"\(printable(path))\" is not a path inside the bundle")
    }
    return path
  }

  private func wrong(_ key: String, _ expected: String) -> ModelError {
    let found = object[key].map { "is \($0.kind)" } ?? "is missing"
    return ModelError("\(place): \(key) \(found), expected \(expected)")
  }
}
