/// The members of a JSON object, in the order they were written.
///
/// A repeated key keeps its first place and takes the last value, as in Python.
public struct JSONObject: Sendable {
  public private(set) var members: [(key: String, value: JSON)] = []
  /// Positions by key; kept only for objects too long to search one by one.
  private var positions: [Key: Int] = [:]

  private static let searchLimit = 12

  /// A key that is equal only to the same bytes.
  private struct Key: Hashable {
    let text: String

    static func == (left: Key, right: Key) -> Bool {
      left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  public init() {}

  public init(_ members: some Sequence<(key: String, value: JSON)>) {
    for (key, value) in members { self[key] = value }
  }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  var isIndexed: Bool { !positions.isEmpty }
  public var keys: [String] { members.map(\.key) }
  public var values: [JSON] { members.map(\.value) }

  /// The member of that name. Setting nil removes it.
  public subscript(key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): remove(at: index)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  private func position(of key: String) -> Int? {
    if positions.isEmpty {
      return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }
    return positions[Key(text: key)]
  }

  private mutating func append(_ key: String, _ value: JSON) {
    members.append((key, value))
    if !positions.isEmpty {
      positions[Key(text: key)] = members.count - 1
    } else if members.count > Self.searchLimit {
      indexMembers()
    }
  }

  private mutating func remove(at index: Int) {
    members.remove(at: index)
    positions = [:]
    if members.count > Self.searchLimit { indexMembers() }
  }

  private mutating func indexMembers() {
    for (index, member) in members.enumerated() { positions[Key(text: member.key)] = index }
  }
}

extension JSONObject: Equatable {
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }
}

extension JSONObject: Sequence {
  public func makeIterator() -> IndexingIterator<[(key: String, value: JSON)]> {
    members.makeIterator()
  }
}
