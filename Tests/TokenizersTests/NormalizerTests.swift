import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct NormalizerTests {
  private func normalize(_ form: NormalizationForm, _ text: String) -> String {
    form.normalize(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  private func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  @Test(
    arguments: [
      ("e\u{301}", [0xE9], [0x65, 0x301]), ("\u{212B}", [0xC5], [0x41, 0x30A]),
      ("a\u{323}\u{302}", [0x1EAD], [0x61, 0x323, 0x302]),
      ("a\u{302}\u{323}", [0x1EAD], [0x61, 0x323, 0x302]),
      ("\u{1100}\u{1161}\u{11A8}", [0xAC01], [0x1100, 0x1161, 0x11A8]),
      ("\u{AC00}\u{11A8}", [0xAC01], [0x1100, 0x1161, 0x11A8]),
      ("\u{958}", [0x915, 0x93C], [0x915, 0x93C]), ("\u{344}", [0x308, 0x301], [0x308, 0x301]),
      ("\u{301}a", [0x301, 0x61], [0x301, 0x61]), ("\u{FB01}", [0xFB01], [0xFB01]),
    ] as [(String, [UInt32], [UInt32])])
  func `canonical forms compose and decompose`(
    _ text: String, _ composed: [UInt32], _ decomposed: [UInt32]
  ) {
    #expect(scalars(normalize(.nfc, text)) == composed)
    #expect(scalars(normalize(.nfd, text)) == decomposed)
  }

  @Test func `compatible forms also replace ligatures and widths`() {
    #expect(normalize(.nfkc, "ﬁ ½ Ａ ㎏ \u{FDFA}").unicodeScalars.count == 18 + 12)
    #expect(normalize(.nfkd, "e\u{301}ﬁ") == "e\u{301}fi")
  }

  @Test func `common text has the forms that Foundation gives it`() {
    var generator = SeededRandom(seed: 2)
    let characters = Array("aéñǭ\u{301}\u{323}\u{328}가\u{1100}\u{1161}日ﬁ½Å\u{1E9B}\u{3099}か").map(
      String.init)
    for _ in 0..<400 {
      let text = (0..<9).map { _ in characters.randomElement(using: &generator) ?? "" }.joined()
      #expect(scalars(normalize(.nfc, text)) == scalars(text.precomposedStringWithCanonicalMapping))
      #expect(scalars(normalize(.nfd, text)) == scalars(text.decomposedStringWithCanonicalMapping))
      #expect(
        scalars(normalize(.nfkc, text)) == scalars(text.precomposedStringWithCompatibilityMapping))
      #expect(
        scalars(normalize(.nfkd, text)) == scalars(text.decomposedStringWithCompatibilityMapping))
    }
  }

  @Test func `text without anything to do isn't copied`() {
    #expect(NormalizationForm.nfc.normalize(Array("plain é 日本".utf8)) == nil)
    #expect(NormalizationForm.nfd.normalize(Array("plain".utf8)) == nil)
  }

  /// What is left of a text after a normaliser.
  private func normalize(_ normalizer: String, _ text: String) throws -> String {
    let component = try Component(
      .init(parsing: normalizer), file: "test", key: "normalizer")
    var normalized = NormalizedText(bytes: Array(text.utf8), originLength: 1)
    for step in try NormalizerKinds.read(component) { step.normalize(&normalized) }
    return String(decoding: normalized.bytes, as: UTF8.self)
  }

  @Test(arguments: [
    (#"{"type": "Lowercase"}"#, "İΣẞ", "i̇σß"),
    (#"{"type": "StripAccents"}"#, "e\u{301}é", "eé"),
    (#"{"type": "Strip", "strip_left": true, "strip_right": false}"#, "\u{3000} a ", "a "),
    (#"{"type": "Strip", "strip_left": true, "strip_right": true}"#, " \n ", ""),
    (#"{"type": "Prepend", "prepend": "▁"}"#, "a", "▁a"),
    (#"{"type": "Prepend", "prepend": "▁"}"#, "", ""),
    (#"{"type": "Append", "append": "."}"#, "a", "a."),
    (#"{"type": "Nmt"}"#, "a\u{7}\u{200B}\tb", "a  b"),
    (#"{"type": "ByteLevel"}"#, " é", "ĠÃ©"),
    (#"{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"}"#, "a   b c", "a_b c"),
    (
      #"""
      {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
      "strip_accents": null, "lowercase": true}
      """#,
      "É\u{0}日\u{AD}\tB", "e 日  b"
    ),
  ])
  func `normalisers rewrite text`(_ normalizer: String, _ text: String, _ expected: String) throws {
    #expect(try scalars(normalize(normalizer, text)) == scalars(expected))
  }
}
