import Foundation
import JSON
import Testing
import Tokenizers

/// One tokenizer with golden encodings, decodings and streams.
struct TokenizerFixture: CustomTestStringConvertible {
  let name: String
  let path: String

  var testDescription: String { name }

  static let all: [TokenizerFixture] = Fixtures.names(in: "tokenizers").compactMap { name in
    guard let folder = Fixtures.folder("tokenizers") else { return nil }
    let path = folder + "/" + name
    guard FileManager.default.fileExists(atPath: path + "/cases.json") else { return nil }
    return TokenizerFixture(name: name, path: path)
  }

  func cases() throws -> JSON {
    let data = try Data(contentsOf: URL(fileURLWithPath: path + "/cases.json"))
    return try JSON(parsing: [UInt8](data))
  }
}

extension JSON {
  /// A list of token ids; nil where there is none.
  fileprivate func ids(_ name: String) -> [Int32]? {
    self[name]?.array?.compactMap { $0.integer.flatMap(Int32.init(exactly:)) }
  }
}

@Suite struct TokenizerConformance {
  @Test("ids, texts and streams are those of the reference", arguments: TokenizerFixture.all)
  func goldenCases(_ fixture: TokenizerFixture) throws {
    let tokenizer = try Tokenizer(directory: fixture.path)
    let cases = try fixture.cases()
    let encodings = cases["cases"]?.array ?? []
    try checkEncodings(encodings, tokenizer)
    try checkDecodings(cases["decode_cases"]?.array ?? [], tokenizer)
    try checkStreams(cases["stream_cases"]?.array ?? [], tokenizer)
    try checkEncodings(encodings, try compiled(tokenizer))
  }

  private func checkEncodings(_ cases: [JSON], _ tokenizer: Tokenizer) throws {
    for item in cases {
      let id = item["id"]?.string ?? ""
      let text = try #require(item["text"]?.string)
      let ids = try #require(item.ids("ids"))
      let special = item.ids("ids_special") ?? ids
      #expect(tokenizer.encode(text, addSpecialTokens: false) == ids, "\(id): ids of \(text)")
      #expect(tokenizer.encode(text, addSpecialTokens: true) == special, "\(id): special ids")
      expect(item["decoded"], tokenizer.decode(ids, skipSpecialTokens: false), id)
      expect(item["decoded_skip_special"], tokenizer.decode(special, skipSpecialTokens: true), id)
    }
  }

  private func checkDecodings(_ cases: [JSON], _ tokenizer: Tokenizer) throws {
    for item in cases {
      let id = item["id"]?.string ?? ""
      let ids = try #require(item.ids("ids"))
      expect(item["decoded"], tokenizer.decode(ids, skipSpecialTokens: false), id)
      expect(item["decoded_skip_special"], tokenizer.decode(ids, skipSpecialTokens: true), id)
    }
  }

  private func checkStreams(_ cases: [JSON], _ tokenizer: Tokenizer) throws {
    for item in cases {
      let ids = try #require(item.ids("ids"))
      var decoder = tokenizer.makeStreamDecoder(skipSpecialTokens: true)
      let pieces = ids.map { decoder.append($0) } + [decoder.finish()]
      let id = item["id"]?.string ?? ""
      expect(item["text"], pieces.joined(), id)
      // A piece that ended in half a character would show it as U+FFFD.
      let whole = item["text"]?.string ?? pieces.joined()
      #expect(
        whole.contains("\u{FFFD}") || !pieces.contains { $0.contains("\u{FFFD}") },
        "\(id): half a character")
    }
  }

  /// The same tokenizer from a compiled table.
  private func compiled(_ tokenizer: Tokenizer) throws -> Tokenizer {
    let path = NSTemporaryDirectory() + "/tokenizer-\(UUID().uuidString).table"
    try Data(tokenizer.compiledTable()).write(to: URL(fileURLWithPath: path))
    // The mapping outlives the name.
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try Tokenizer(compiled: path)
  }

  /// Compares byte for byte; a null expectation is a case that the reference itself refuses.
  private func expect(_ expected: JSON?, _ text: String, _ id: String) {
    guard let expected = expected?.string else { return }
    #expect(
      expected.utf8.elementsEqual(text.utf8),
      "\(id): \(text.debugDescription) instead of \(expected.debugDescription)")
  }
}
