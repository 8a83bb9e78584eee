/// Byte pair encoding: a word starts as characters (or bytes), and the neighbours whose merge has
/// the lowest rank are merged until no merge is left.
struct BPE: TokenModel {
  let data: ModelData
  private let vocabulary: Vocabulary
  private let merges: MergeTable
  /// Whether words come as bytes, where the vocabulary spells them in the byte alphabet.
  private let wordsAreBytes: Bool
  /// The id of every byte, or -1. (256)
  private let byteTokens: [Int32]
  /// How words become symbols; nil where they come as bytes.
  private let characters: CharacterSymbols?
  private let unknown: UnknownToken
  /// Whether a word that is a token is taken whole, whatever the merges say.
  private let ignoresMerges: Bool

  init(_ component: Component, _ data: ModelData, wordsAreBytes: Bool) throws {
    guard let merges = data.merges else { throw component.error("is missing", at: "merges") }
    self.vocabulary = data.vocabulary
    self.merges = merges
    self.wordsAreBytes = wordsAreBytes
    if component.has("dropout"), try component.number("dropout") != 0 {
      throw component.error("only a tokenizer without dropout can be used", at: "dropout")
    }
    ignoresMerges = try component.bool("ignore_merges", default: false)
    unknown = UnknownToken(
      id: try component.optionalString("unk_token").flatMap { data.vocabulary.id(of: $0) },
      fuses: try component.bool("fuse_unk", default: false))
    byteTokens = (UInt8(0)...255).map {
      data.vocabulary.id(of: ByteAlphabet.text(of: [$0])) ?? -1
    }
    characters = wordsAreBytes ? nil : try CharacterSymbols(component, data)
    var data = data
    data.neighbors = characters?.neighbors
    self.data = data
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
    var merger = Merger(unknown: unknown)
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
    if let characters {
      characters.append(word, merges, &merger, into: &ids)
    } else {
      appendBytes(word, to: &merger)
    }
    merger.flush(merges, into: &ids)
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

  private func appendBytes(_ word: UnsafeBufferPointer<UInt8>, to merger: inout Merger) {
    for byte in word {
      let id = byteTokens[Int(byte)]
      if id >= 0 { merger.append(id) } else { merger.appendUnknown() }
    }
  }
}

/// The token that stands for a single byte in SentencePiece-style vocabularies.
func byteTokenText(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
}
