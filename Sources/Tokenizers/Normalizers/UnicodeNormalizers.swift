/// The normalisers that follow Unicode's own properties.

/// `NFC`, `NFD`, `NFKC`, `NFKD`.
struct UnicodeNormalizer: Normalizer {
  let form: NormalizationForm

  func normalize(_ text: inout NormalizedText) {
    guard let bytes = form.normalize(text.bytes) else { return }
    let origin = Array(text.bytes.prefix(text.originLength))
    var length = min(form.normalize(origin)?.count ?? origin.count, bytes.count)
    // What follows may have composed with the first character.
    while length < bytes.count, bytes[length] & 0xC0 == 0x80 { length += 1 }
    text.originLength = length
    text.bytes = bytes
  }
}

/// `Lowercase`: character by character, whatever stands around them.
struct LowercaseNormalizer: Normalizer {
  func normalize(_ text: inout NormalizedText) {
    text.mapCharacters { character, new in Self.append(character, to: &new) }
  }

  @inline(__always)
  static func append(_ character: UInt32, to new: inout [UInt8]) {
    if character < 0x80 {
      let isCapital = (0x41...0x5A).contains(character)
      new.append(UInt8(isCapital ? character + 0x20 : character))
    } else if let newer = newerCapitals[character] {
      new.append(scalar: newer)
    } else if let scalar = Unicode.Scalar(character) {
      new += scalar.properties.lowercaseMapping.utf8
    }
  }

  /// Capitals of Unicode 17, which the reference knows and Swift's library may not.
  private static let newerCapitals: [UInt32: UInt32] = {
    var capitals: [UInt32: UInt32] = [0xA7CE: 0xA7CF, 0xA7D2: 0xA7D3, 0xA7D4: 0xA7D5]
    for capital in UInt32(0x16EA0)...0x16EB8 { capitals[capital] = capital + 27 }
    return capitals
  }()
}

/// `StripAccents`: removes combining marks.
struct StripAccentsNormalizer: Normalizer {
  func normalize(_ text: inout NormalizedText) {
    text.filter { character in
      if CategorySet.marks.contains(CharacterTable.shared[character]) {
        return ReferenceData.laterMarks.contains(character)
      }
      // Marks that became letters.
      return character != 0x1CF2 && character != 0x1CF3
    }
  }
}

/// `Nmt`: removes control characters, and makes other unusual spaces plain ones.
struct NmtNormalizer: Normalizer {
  func normalize(_ text: inout NormalizedText) {
    text.mapCharacters { character, new in
      switch character {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        new.append(UInt8(ascii: " "))
      default: new.append(scalar: character)
      }
    }
  }
}
