extension JSON {
  /// About how many bytes the value takes beside its own place in an array or a variable. What
  /// several values share counts for each.
  public var heapBytes: Int {
    switch self {
    case .null, .bool, .integer, .number: 0
    case .string(let text): Self.heapBytes(of: text)
    case .array(let elements):
      elements.reduce(Self.blockBytes + elements.capacity * MemoryLayout<JSON>.stride) {
        $0 + $1.heapBytes
      }
    case .object(let object): object.heapBytes
    }
  }

  /// What the allocator and Swift put before the content of a block.
  static let blockBytes = 48

  /// Short texts stand in the value itself.
  static func heapBytes(of text: String) -> Int {
    let count = text.utf8.count
    return count > 15 ? blockBytes + count : 0
  }
}

extension JSONObject {
  /// Bytes of a key's entry in the index of long objects.
  private static let indexBytes = 48

  fileprivate var heapBytes: Int {
    let places = members.capacity * MemoryLayout<(key: String, value: JSON)>.stride
    let index = isIndexed ? members.capacity * Self.indexBytes : 0
    return members.reduce(JSON.blockBytes + places + index) {
      $0 + JSON.heapBytes(of: $1.key) + $1.value.heapBytes
    }
  }
}
