extension StoredTensor {
  /// Whether all elements are numbers, none of them infinite. The tensor must be of a floating-point
  /// type.
  public var isFinite: Bool {
    let pieceLength = 1 << 16
    let infinity = Float.infinity.bitPattern
    return stride(from: 0, to: elementCount, by: pieceLength).allSatisfy { start in
      let piece = floats(start..<min(start + pieceLength, elementCount))
      // Without its sign, what is infinite or not a number has the largest bits.
      return piece.reduce(0) { max($0, $1.bitPattern & ~0x8000_0000) } < infinity
    }
  }
}
