/// Scalars in text that is known to be valid UTF-8, by byte offset.
extension UnsafeBufferPointer<UInt8> {
  /// The scalar that starts at `offset` and how many bytes it takes.
  @inline(__always)
  func scalar(at offset: Int) -> (value: UInt32, length: Int) {
    let first = UInt32(self[offset])
    if first < 0x80 { return (first, 1) }
    if first < 0xE0 { return ((first & 0x1F) << 6 | continuation(offset + 1), 2) }
    if first < 0xF0 {
      let value = (first & 0x0F) << 12 | continuation(offset + 1) << 6 | continuation(offset + 2)
      return (value, 3)
    }
    let upper = (first & 0x07) << 18 | continuation(offset + 1) << 12
    return (upper | continuation(offset + 2) << 6 | continuation(offset + 3), 4)
  }

  /// The scalar that ends right before `offset`, which is beyond the first byte.
  @inline(__always)
  func scalar(before offset: Int) -> (value: UInt32, length: Int) {
    var start = offset - 1
    while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(at: start)
  }

  @inline(__always)
  private func continuation(_ offset: Int) -> UInt32 {
    offset < count ? UInt32(self[offset] & 0x3F) : 0
  }
}

/// How many bytes the UTF-8 sequence has that starts with `byte`; 1 for what starts none.
@inline(__always)
func utf8Length(startingWith byte: UInt8) -> Int {
  byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
}

extension [UInt8] {
  /// Appends a scalar as UTF-8; what isn't a scalar becomes U+FFFD.
  mutating func append(scalar value: UInt32) {
    switch value {
    case 0..<0x80: append(UInt8(value))
    case 0x80..<0x800: self += [UInt8(0xC0 | value >> 6), UInt8(0x80 | value & 0x3F)]
    case 0x800..<0xD800, 0xE000..<0x10000:
      self += [
        UInt8(0xE0 | value >> 12), UInt8(0x80 | value >> 6 & 0x3F), UInt8(0x80 | value & 0x3F),
      ]
    case 0x10000..<0x110000:
      self += [
        UInt8(0xF0 | value >> 18), UInt8(0x80 | value >> 12 & 0x3F),
        UInt8(0x80 | value >> 6 & 0x3F), UInt8(0x80 | value & 0x3F),
      ]
    default: self += [0xEF, 0xBF, 0xBD]
    }
  }

  /// Calls `body` with every scalar of valid UTF-8 text.
  func forEachScalar(_ body: (UInt32) -> Void) {
    withUnsafeBufferPointer { bytes in
      var offset = 0
      while offset < bytes.count {
        let (value, length) = bytes.scalar(at: offset)
        body(value)
        offset += length
      }
    }
  }
}
