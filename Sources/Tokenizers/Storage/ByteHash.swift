/// The hash of token texts. It is part of the compiled table's format, so it never varies between
/// runs or machines.
@inline(__always)
func tokenHash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
  let raw = UnsafeRawBufferPointer(bytes)
  var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
  var position = 0
  while position + 8 <= raw.count {
    hash = mix(
      hash ^ UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
    position += 8
  }
  var tail: UInt64 = 0
  while position < raw.count {
    tail = tail << 8 | UInt64(raw[position])
    position += 1
  }
  return mix(hash ^ tail)
}

/// The place of a pair of token ids in the merge table, before it is cut to the table's size.
@inline(__always)
func pairHash(_ pair: UInt64) -> UInt64 { mix(pair) }

@inline(__always)
private func mix(_ value: UInt64) -> UInt64 {
  let (high, low) = (value ^ 0x2D35_8DCC_AA6C_78A5).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
  return high ^ low
}
