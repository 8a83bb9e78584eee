/// `ByteLevel`: cuts text as GPT-2 does, and writes its bytes in the byte alphabet.
struct ByteLevelPreTokenizer: PreTokenizer {
  let addPrefixSpace: Bool
  let usesPattern: Bool
  /// Whether the bytes become characters of the byte alphabet. The last step before a byte-level
  /// model leaves that out: the model takes the bytes themselves.
  var mapsBytes = true

  init(_ component: Component) throws {
    addPrefixSpace = try component.bool("add_prefix_space")
    usesPattern = try component.bool("use_regex", default: true)
  }

  func cut(_ text: inout WordText) {
    if addPrefixSpace { prependSpaces(&text) }
    if usesPattern { text.split(at: ByteLevelScanner(), .isolated) }
    guard mapsBytes else { return }
    text.rewriteWords { bytes, word, new in
      for byte in bytes[word] { ByteAlphabet.append(byte, to: &new) }
    }
  }

  private func prependSpaces(_ text: inout WordText) {
    let space = UInt8(ascii: " ")
    guard text.words.contains(where: { text.bytes[$0.lowerBound] != space }) else { return }
    text.rewriteWords { bytes, word, new in
      if bytes[word.lowerBound] != space { new.append(space) }
      new.append(contentsOf: bytes[word])
    }
  }
}
