/// A Python dict: keys in the order they came, never changed after it is made.
final class Mapping {
  private(set) var keys: [Value] = []
  private(set) var values: [Value] = []
  private(set) var depth = 1
  private(set) var weight = 1
  /// Positions by key; kept only for mappings too long to search one by one.
  private var positions: [HashedKey: Int] = [:]

  private static let searchLimit = 8

  init() {}

  init(_ members: some Sequence<(key: Value, value: Value)>) throws {
    for member in members { try set(member.key, member.value) }
  }

  var count: Int { keys.count }

  /// For building only: a mapping that a template can see must not change.
  func set(_ key: Value, _ value: Value) throws {
    depth = max(depth, try containerDepth(CollectionOfOne(value)))
    weight = try containerWeight([key, value], weight)
    let hashed = try HashedKey(key)
    if let index = position(of: hashed) {
      values[index] = value
      return
    }
    keys.append(key)
    values.append(value)
    if keys.count > Self.searchLimit {
      if positions.isEmpty {
        for (index, key) in keys.enumerated() { positions[try HashedKey(key)] = index }
      } else {
        positions[hashed] = keys.count - 1
      }
    }
  }

  func value(_ name: Text) -> Value? {
    position(of: .text(name)).map { values[$0] }
  }

  func value(_ key: HashedKey) -> Value? { position(of: key).map { values[$0] } }

  private func position(of key: HashedKey) -> Int? {
    if !positions.isEmpty { return positions[key] }
    for (index, candidate) in keys.enumerated() {
      if case .string(let name) = candidate, case .text(let wanted) = key {
        if name == wanted { return index }
      } else if let hashed = try? HashedKey(candidate), hashed == key {
        return index
      }
    }
    return nil
  }
}

/// A value in the form in which Python hashes it: `1`, `1.0` and `True` are one key.
enum HashedKey: Hashable {
  case none
  case text(Text)
  case integer(Int)
  case float(Double)
  case tuple([HashedKey])
  case object(ObjectIdentifier)

  init(_ value: Value) throws {
    switch value {
    case .none: self = .none
    case .undefined: self = .object(ObjectIdentifier(Undefined.self))
    case .bool(let value): self = .integer(value ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = Int(exactly: value).map(HashedKey.integer) ?? .float(value)
    case .string(let text): self = .text(text)
    case .tuple(let list): self = .tuple(try list.elements.map { try HashedKey($0) })
    case .object(let object): self = .object(ObjectIdentifier(object))
    case .list, .dictionary: throw Failure("unhashable type: '\(value.typeName)'")
    }
  }
}

extension Text: Hashable {
  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
