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

  func cases(_ kind: String) throws -> [JSON] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path + "/cases.json"))
    return try JSON(parsing: [UInt8](data))[kind]?.array ?? []
  }
}

extension JSON {
  /// A list of token ids; nil where there is none.
  fileprivate func ids(_ name: String) -> [Int32]? {
    self[name]?.array?.compactMap { $0.integer.flatMap(Int32.init(exactly:)) }
  }
}

@Suite struct TokenizerConformance {
  @Test("encodings and decodings are those of the reference", arguments: TokenizerFixture.all)
  func goldenCases(_ fixture: TokenizerFixture) throws {
    let tokenizer = try Tokenizer(directory: fixture.path)
    for item in try fixture.cases("cases") {
      let id = item["id"]?.string ?? ""
      let text = try #require(item["text"]?.string)
      let ids = try #require(item.ids("ids"))
      let special = item.ids("ids_special") ?? ids
      #expect(tokenizer.encode(text, addSpecialTokens: false) == ids, "\(id): ids of \(text)")
      #expect(tokenizer.encode(text, addSpecialTokens: true) == special, "\(id): special ids")
      expect(item["decoded"], tokenizer.decode(ids, skipSpecialTokens: false), id)
      expect(item["decoded_skip_special"], tokenizer.decode(special, skipSpecialTokens: true), id)
    }
    for item in try fixture.cases("decode_cases") {
      let id = item["id"]?.string ?? ""
      let ids = try #require(item.ids("ids"))
      expect(item["decoded"], tokenizer.decode(ids, skipSpecialTokens: false), id)
      expect(item["decoded_skip_special"], tokenizer.decode(ids, skipSpecialTokens: true), id)
    }
  }

  @Test("streamed pieces join to the whole text", arguments: TokenizerFixture.all)
  func streams(_ fixture: TokenizerFixture) throws {
    let tokenizer = try Tokenizer(directory: fixture.path)
    for item in try fixture.cases("stream_cases") {
      let ids = try #require(item.ids("ids"))
      var decoder = tokenizer.makeStreamDecoder(skipSpecialTokens: true)
      let pieces = ids.map { decoder.append($0) } + [decoder.finish()]
      expect(item["text"], pieces.joined(), item["id"]?.string ?? "")
      // A piece that ends in half a character would show it as U+FFFD, and the rest as another.
      let broken = pieces.dropLast().filter { $0.hasSuffix("\u{FFFD}") }
      #expect(broken.isEmpty || item["text"]?.string?.contains("\u{FFFD}") == true)
    }
  }

  @Test("a compiled table is the same tokenizer", arguments: TokenizerFixture.all)
  func compiledTables(_ fixture: TokenizerFixture) throws {
    let original = try Tokenizer(directory: fixture.path)
    let path = NSTemporaryDirectory() + "/tokenizer-\(UUID().uuidString).table"
    try Data(original.compiledTable()).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let compiled = try Tokenizer(compiled: path)
    #expect(compiled.vocabularySize == original.vocabularySize)
    for item in try fixture.cases("cases") {
      let text = try #require(item["text"]?.string)
      #expect(compiled.encode(text, addSpecialTokens: false) == item.ids("ids"))
    }
  }

  /// Compares byte for byte; a null expectation is a case that the reference itself refuses.
  private func expect(_ expected: JSON?, _ text: String, _ id: String) {
    guard let expected = expected?.string else { return }
    #expect(
      expected.utf8.elementsEqual(text.utf8),
      "\(id): \(text.debugDescription) instead of \(expected.debugDescription)")
  }
}
