/// Finds where supplied text spells a token that means something to the model.
struct ControlTokens: Sendable {
  /// The tokens by their first byte, longest first.
  private let byFirstByte: [UInt8: [[UInt8]]]

  init(_ tokens: some Sequence<String>) {
    byFirstByte = Dictionary(grouping: tokens.map { Array($0.utf8) }.filter { !$0.isEmpty }) {
      $0[0]
    }
    .mapValues { $0.sorted { $0.count > $1.count } }
  }

  /// The UTF-8 ranges of the text, within the supplied ones, in which a token stands.
  func occurrences(in text: String, supplied: [Range<Int>]) -> [Range<Int>] {
    guard !byFirstByte.isEmpty, !supplied.isEmpty else { return [] }
    var text = text
    return text.withUTF8 { bytes in
      supplied.flatMap { occurrences(in: bytes, $0) }
    }
  }

  private func occurrences(
    in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var position = range.lowerBound
    while position < range.upperBound {
      let token = byFirstByte[bytes[position]]?.first { token in
        position + token.count <= range.upperBound
          && bytes[position..<position + token.count].elementsEqual(token)
      }
      if let token {
        result.append(position..<position + token.count)
        position += token.count
      } else {
        position += 1
      }
    }
    return result
  }
}
