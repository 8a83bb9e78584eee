/// `Metaspace`: writes spaces as a visible character, puts one in front, and cuts before each.
struct MetaspacePreTokenizer: PreTokenizer {
  private let replacement: [UInt8]
  private let scheme: MetaspacePrepend
  private let splits: Bool

  init(_ component: Component) throws {
    replacement = Array(String(try component.character("replacement")).utf8)
    scheme = try MetaspacePrepend.read(component)
    splits = try component.bool("split", default: true)
  }

  func cut(_ text: inout WordText) {
    let originLength = text.originLength
    text.rewriteWords { bytes, word, new in
      let isFirst = word.lowerBound < originLength
      if scheme == .always || (scheme == .first && isFirst), !startsWithReplacement(bytes[word]) {
        new += replacement
      }
      for byte in bytes[word] {
        if byte == UInt8(ascii: " ") { new += replacement } else { new.append(byte) }
      }
    }
    if splits { text.split(at: LiteralPattern(literal: replacement), .mergedWithNext) }
  }

  /// Whether the word will start with the replacement once its spaces are replaced.
  private func startsWithReplacement(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    word.first == UInt8(ascii: " ") || word.starts(with: replacement)
  }
}

/// When `Metaspace` puts its character in front of a word.
enum MetaspacePrepend: String {
  case always, first, never

  static func read(_ component: Component) throws -> MetaspacePrepend {
    let name = try component.string("prepend_scheme", default: "always")
    guard let scheme = MetaspacePrepend(rawValue: name) else {
      throw component.error("\"\(name)\" isn't always, first or never", at: "prepend_scheme")
    }
    if try !component.bool("add_prefix_space", default: true) {
      guard scheme == .never || !component.has("prepend_scheme") else {
        throw component.error(
          "false contradicts prepend_scheme \"\(name)\"", at: "add_prefix_space")
      }
      return .never
    }
    return scheme
  }
}
