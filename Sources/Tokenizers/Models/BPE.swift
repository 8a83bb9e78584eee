/// Byte pair encoding: a word starts as characters (or bytes), and the neighbours whose merge has
/// the lowest rank are merged until no merge is left.
struct BPE: TokenModel {
  private let vocabulary: Vocabulary
  private let merges: MergeTable
  /// Whether words come as bytes, where the vocabulary spells them in the byte alphabet.
  private let wordsAreBytes: Bool
  /// The id of every byte, or -1. (256)
  private let byteTokens: [Int32]
  private let unknown: Int32?
  private let fusesUnknown: Bool
  private let continuingPrefix: [UInt8]
  private let endSuffix: [UInt8]
  /// Whether a word that is a token is taken whole, whatever the merges say.
  private let ignoresMerges: Bool
  /// Whether characters without a token are spelt by their bytes: `byteTokens` then holds `<0x00>`
  /// and so on, and all of them are there.
  private let fallsBackToBytes: Bool

  init(_ component: Component, _ data: ModelData, wordsAreBytes: Bool) throws {
    guard let merges = data.merges else { throw component.error("is missing", at: "merges") }
    self.vocabulary = data.vocabulary
    self.merges = merges
    self.wordsAreBytes = wordsAreBytes
    if component.has("dropout"), try component.number("dropout") != 0 {
      throw component.error("only a tokenizer without dropout can be used", at: "dropout")
    }
    continuingPrefix = Array(try component.string("continuing_subword_prefix", default: "").utf8)
    endSuffix = Array(try component.string("end_of_word_suffix", default: "").utf8)
    fusesUnknown = try component.bool("fuse_unk", default: false)
    ignoresMerges = try component.bool("ignore_merges", default: false)
    unknown = try component.optionalString("unk_token").flatMap { data.vocabulary.id(of: $0) }
    let wantsBytes = try component.bool("byte_fallback", default: false)
    byteTokens = (UInt8(0)...255).map { byte in
      let spelling =
        wordsAreBytes ? ByteAlphabet.text(of: [byte]) : Array(byteTokenText(byte).utf8)
      return data.vocabulary.id(of: spelling) ?? -1
    }
    fallsBackToBytes = wantsBytes && !wordsAreBytes
  }

  /// Whether words may be handed over as bytes instead of in the byte alphabet: where each
  /// character is looked up by itself.
  static func canTakeBytes(_ component: Component) -> Bool {
    let isPlain = { (name: String) in
      (try? component.string(name, default: ""))?.isEmpty ?? false
    }
    let fallsBack = (try? component.bool("byte_fallback", default: false)) ?? true
    return isPlain("continuing_subword_prefix") && isPlain("end_of_word_suffix") && !fallsBack
  }

  func encode(_ text: WordText, into ids: inout [Int32]) {
    var merger = Merger()
    text.bytes.withUnsafeBufferPointer { bytes in
      merges.withMerges { merges in
        for word in text.words {
          encode(UnsafeBufferPointer(rebasing: bytes[word]), merges, &merger, into: &ids)
        }
      }
    }
  }

  private func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ merges: MergeLookup, _ merger: inout Merger,
    into ids: inout [Int32]
  ) {
    if ignoresMerges, let id = wholeWord(word) { return ids.append(id) }
    merger.symbols.removeAll(keepingCapacity: true)
    if wordsAreBytes {
      appendBytes(word, to: &merger.symbols)
    } else {
      appendCharacters(word, to: &merger.symbols)
    }
    merger.merge(merges)
    ids += merger.symbols
  }

  private func wholeWord(_ word: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard wordsAreBytes else { return vocabulary.id(of: word) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: word.count * 2) { spelling in
      var count = 0
      for byte in word {
        let character = ByteAlphabet.characters[Int(byte)]
        if character < 0x80 {
          spelling[count] = UInt8(character)
          count += 1
        } else {
          spelling[count] = UInt8(0xC0 | character >> 6)
          spelling[count + 1] = UInt8(0x80 | character & 0x3F)
          count += 2
        }
      }
      return vocabulary.id(of: UnsafeBufferPointer(rebasing: spelling[..<count]))
    }
  }

  private func appendBytes(_ word: UnsafeBufferPointer<UInt8>, to symbols: inout [Int32]) {
    var unknowns = PendingUnknown(token: unknown, fuses: fusesUnknown)
    for byte in word {
      let id = byteTokens[Int(byte)]
      if id >= 0 { unknowns.append(id, to: &symbols) } else { unknowns.appendUnknown(to: &symbols) }
    }
    unknowns.finish(&symbols)
  }

  private func appendCharacters(_ word: UnsafeBufferPointer<UInt8>, to symbols: inout [Int32]) {
    var unknowns = PendingUnknown(token: unknown, fuses: fusesUnknown)
    var offset = 0
    while offset < word.count {
      let end = offset + utf8Length(startingWith: word[offset])
      let character = UnsafeBufferPointer(rebasing: word[offset..<end])
      let spelling = spell(character, isFirst: offset == 0, isLast: end == word.count)
      offset = end
      if let id = spelling.map(vocabulary.id) ?? vocabulary.id(of: character) {
        unknowns.append(id, to: &symbols)
      } else if let bytes = fallback(spelling ?? [UInt8](character)) {
        // An unknown token that waits stays waiting here, as in the reference.
        symbols += bytes
      } else {
        unknowns.appendUnknown(to: &symbols)
      }
    }
    unknowns.finish(&symbols)
  }

  /// The character with the prefix or suffix that its place in the word asks for; nil when it needs
  /// neither.
  private func spell(
    _ character: UnsafeBufferPointer<UInt8>, isFirst: Bool, isLast: Bool
  ) -> [UInt8]? {
    let prefix = isFirst ? [] : continuingPrefix
    let suffix = isLast ? endSuffix : []
    return prefix.isEmpty && suffix.isEmpty ? nil : prefix + character + suffix
  }

  private func fallback(_ spelling: [UInt8]) -> [Int32]? {
    guard fallsBackToBytes else { return nil }
    let ids = spelling.map { byteTokens[Int($0)] }
    return ids.contains(-1) ? nil : ids
  }
}

/// The unknown token that waits to be written until it is clear whether it fuses with the next.
private struct PendingUnknown {
  let token: Int32?
  let fuses: Bool
  private var isPending = false

  init(token: Int32?, fuses: Bool) {
    self.token = token
    self.fuses = fuses
  }

  mutating func append(_ id: Int32, to symbols: inout [Int32]) {
    finish(&symbols)
    symbols.append(id)
  }

  mutating func appendUnknown(to symbols: inout [Int32]) {
    if !fuses { finish(&symbols) }
    isPending = token != nil
  }

  mutating func finish(_ symbols: inout [Int32]) {
    if isPending, let token { symbols.append(token) }
    isPending = false
  }
}

/// The token that stands for a single byte in SentencePiece-style vocabularies.
func byteTokenText(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
}
