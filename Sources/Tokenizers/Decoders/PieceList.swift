/// The texts of tokens in a row, in one buffer: what one decoder step hands to the next.
///
/// A part is a whole text of the reference's list, or some of one where a step has joined tokens.
struct PieceList: Sendable {
  /// All parts, one after another; each is valid UTF-8.
  private(set) var bytes: [UInt8] = []
  private var parts: [Part] = []
  /// How many parts are only some of a text.
  private var openParts = 0

  /// Where a part ends in `bytes`, and whether the reference's list has a new element after it.
  private struct Part {
    let end: Int
    let endsPiece: Bool
  }

  var isEmpty: Bool { parts.isEmpty }
  /// Whether every part is a whole text, given that the first one begins one.
  var isWhole: Bool { openParts == 0 }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
    openParts = 0
  }

  /// Adds to the part that is being written.
  @inline(__always)
  mutating func write(_ text: some Collection<UInt8>) { bytes.append(contentsOf: text) }

  @inline(__always)
  mutating func write(_ byte: UInt8) { bytes.append(byte) }

  /// Ends the part that is being written.
  @inline(__always)
  mutating func endPart(endsPiece: Bool = true) {
    parts.append(Part(end: bytes.count, endsPiece: endsPiece))
    if !endsPiece { openParts += 1 }
  }

  @inline(__always)
  mutating func append(_ text: some Collection<UInt8>, endsPiece: Bool = true) {
    write(text)
    endPart(endsPiece: endsPiece)
  }

  /// Calls `body` with every part, and whether it ends a piece.
  @inline(__always)
  func forEachPart(_ body: (UnsafeBufferPointer<UInt8>, Bool) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      for part in parts {
        body(UnsafeBufferPointer(rebasing: bytes[start..<part.end]), part.endsPiece)
        start = part.end
      }
    }
  }

  /// Where the parts are in `bytes`.
  var ranges: [Range<Int>] {
    var start = 0
    return parts.map { part in
      defer { start = part.end }
      return start..<part.end
    }
  }
}

/// Collects parts until a piece is whole, for steps that look at whole pieces.
struct PieceJoiner: Sendable {
  private var open: [UInt8] = []

  /// The pieces that are whole with these parts.
  mutating func take(_ pieces: PieceList) -> PieceList {
    if open.isEmpty, pieces.isWhole { return pieces }
    var joined = PieceList()
    pieces.forEachPart { text, endsPiece in
      open.append(contentsOf: text)
      if endsPiece {
        joined.append(open)
        open.removeAll(keepingCapacity: true)
      }
    }
    return joined
  }
}
