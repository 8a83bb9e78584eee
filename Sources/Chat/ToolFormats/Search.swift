/// Searching text byte for byte, without the canonical equivalence of Swift's strings.

extension StringProtocol {
  /// Where that text first stands.
  func range(of needle: String) -> Range<Index>? {
    guard let offset = withBytes({ firstOffset(of: needle, in: $0, from: 0) }) else { return nil }
    return indices(offset, needle.utf8.count)
  }

  /// Where that text last stands.
  func lastRange(of needle: String) -> Range<Index>? {
    let offset = withBytes { bytes in
      var last: Int?
      while let next = firstOffset(of: needle, in: bytes, from: last.map { $0 + 1 } ?? 0) {
        last = next
      }
      return last
    }
    return offset.map { indices($0, needle.utf8.count) }
  }

  private func indices(_ offset: Int, _ count: Int) -> Range<Index> {
    let lower = utf8.index(startIndex, offsetBy: offset)
    return lower..<utf8.index(lower, offsetBy: count)
  }

  private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
  }

  /// The parts between occurrences of that text.
  func parts(separatedBy needle: String) -> [String] {
    withBytes { bytes in
      var result: [String] = []
      var start = 0
      while let offset = firstOffset(of: needle, in: bytes, from: start) {
        result.append(String(decoding: bytes[start..<offset], as: UTF8.self))
        start = offset + needle.utf8.count
      }
      result.append(String(decoding: bytes[start...], as: UTF8.self))
      return result
    }
  }

  /// The text with every occurrence replaced.
  func replacing(_ needle: String, with replacement: String) -> String {
    parts(separatedBy: needle).joined(separator: replacement)
  }
}

/// The first place of `needle` at or after `start`; it is short, and rarely repeats its first byte.
private func firstOffset(
  of needle: String, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
) -> Int? {
  let needle = Array(needle.utf8)
  guard let first = needle.first else { return start }
  var start = start
  while start + needle.count <= bytes.count {
    if bytes[start] == first, bytes[start..<start + needle.count].elementsEqual(needle) {
      return start
    }
    start += 1
  }
  return nil
}
