/// The symbols that BPE starts from where a word comes as text: a token for each character, or for
/// each of its bytes.
struct CharacterSymbols: Sendable {
  private let vocabulary: Vocabulary
  private let continuingPrefix: [UInt8]
  private let endSuffix: [UInt8]
  /// The ids of `<0x00>` and so on, or -1; nil where characters aren't spelt by bytes. (256)
  private let byteTokens: [Int32]?
  /// The ids of ASCII characters, or -1. (128)
  private let asciiTokens: [Int32]
  /// Where a long word may be cut; nil where characters are looked up with their prefix or suffix.
  let neighbors: NeighborFilter?

  init(_ component: Component, _ data: ModelData) throws {
    let vocabulary = data.vocabulary
    self.vocabulary = vocabulary
    continuingPrefix = Array(try component.string("continuing_subword_prefix", default: "").utf8)
    endSuffix = Array(try component.string("end_of_word_suffix", default: "").utf8)
    let fallsBack = try component.bool("byte_fallback", default: false)
    byteTokens =
      fallsBack ? (UInt8(0)...255).map { vocabulary.id(of: byteTokenText($0)) ?? -1 } : nil
    asciiTokens = (UInt8(0)..<128).map { vocabulary.id(of: [$0]) ?? -1 }
    let isPlain = continuingPrefix.isEmpty && endSuffix.isEmpty
    neighbors = isPlain ? data.neighbors ?? NeighborFilter(vocabulary) : nil
  }

  /// Hands a word's symbols to the merger, which may finish parts of the word along the way.
  func append(
    _ word: UnsafeBufferPointer<UInt8>, _ merges: MergeLookup, _ merger: inout Merger,
    into ids: inout [Int32]
  ) {
    guard let neighbors else { return appendSpelled(word, to: &merger) }
    var offset = 0
    // The character before, where it has a token of its own.
    var previous: UInt32?
    while offset < word.count {
      let (character, length) = word.scalar(at: offset)
      let text = UnsafeBufferPointer(rebasing: word[offset..<offset + length])
      offset += length
      guard let id = token(character, text) else {
        appendUnknown(text, to: &merger)
        previous = nil
        continue
      }
      if let previous, !neighbors.mayJoin(previous, character) { merger.flush(merges, into: &ids) }
      merger.append(id)
      previous = character
    }
  }

  @inline(__always)
  private func token(_ character: UInt32, _ text: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard character < 0x80 else { return vocabulary.id(of: text) }
    let id = asciiTokens[Int(character)]
    return id < 0 ? nil : id
  }

  /// Spells characters with the prefix or suffix that their place in the word asks for.
  private func appendSpelled(_ word: UnsafeBufferPointer<UInt8>, to merger: inout Merger) {
    var offset = 0
    while offset < word.count {
      let end = offset + utf8Length(startingWith: word[offset])
      var spelling = offset == 0 ? [] : continuingPrefix
      spelling += word[offset..<end]
      if end == word.count { spelling += endSuffix }
      offset = end
      if let id = vocabulary.id(of: spelling) {
        merger.append(id)
      } else {
        spelling.withUnsafeBufferPointer { appendUnknown($0, to: &merger) }
      }
    }
  }

  private func appendUnknown(_ spelling: UnsafeBufferPointer<UInt8>, to merger: inout Merger) {
    if let byteTokens, spelling.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
      for byte in spelling { merger.appendByte(byteTokens[Int(byte)]) }
    } else {
      merger.appendUnknown()
    }
  }
}
