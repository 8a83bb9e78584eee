import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct CompiledTableTests {
  /// Runs `body` with a folder that is removed afterwards.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "/tokenizer-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private static let models = [
    TestTokenizer.wordModel, TestTokenizer.byteModel,
    #"{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], ["b", -2], ["ab", -2.5]]}"#,
    ###"{"type": "WordPiece", "unk_token": "a", "vocab": {"a": 0, "##b": 1}}"###,
  ]

  @Test(arguments: models)
  func `a compiled tokenizer is the one it was made from`(_ model: String) throws {
    try withFolder { folder in
      let original = try TestTokenizer.make(
        model: model, added: TestTokenizer.added("<x>", id: 999, "rstrip"))
      try write(original.compiledTable(), folder + "/table")
      let compiled = try Tokenizer(compiled: folder + "/table")
      for text in ["abcd<x> aab", "", "é日\u{0}"] {
        #expect(compiled.ids(text) == original.ids(text))
      }
      #expect(compiled.vocabularySize == original.vocabularySize)
      #expect(compiled.compiledTable() == original.compiledTable())
    }
  }

  @Test func `a directory's table is used only for its own tokenizer`() throws {
    try withFolder { folder in
      let first = #"{"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "b": 1}}}"#
      let second = first.replacingOccurrences(of: "\"b\": 1", with: "\"b\": 7")
      try write(Array(first.utf8), folder + "/tokenizer.json")
      let table = try Tokenizer(directory: folder).compiledTable()
      try write(table, folder + "/" + Tokenizer.compiledTableName)
      #expect(try Tokenizer(directory: folder).source.path.hasSuffix("tokenizer.table"))
      #expect(try Tokenizer(directory: folder).ids("b") == [1])
      try write(Array(second.utf8), folder + "/tokenizer.json")
      #expect(try Tokenizer(directory: folder).source.path.hasSuffix("tokenizer.json"))
      #expect(try Tokenizer(directory: folder).ids("b") == [7])
    }
  }

  @Test func `damage is noticed`() throws {
    try withFolder { folder in
      let table = try TestTokenizer.make().compiledTable()
      var generator = SeededRandom(seed: 8)
      for _ in 0..<200 {
        var damaged = table
        if Bool.random(using: &generator) {
          damaged.removeLast(Int.random(in: 1...table.count, using: &generator))
        } else {
          damaged[Int.random(in: 0..<table.count, using: &generator)] ^= 0x10
        }
        try write(damaged, folder + "/table")
        // Damage may only be in the padding, where it does no harm.
        let tokenizer = try? Tokenizer(compiled: folder + "/table")
        if let tokenizer { #expect(tokenizer.ids("abcd") == [8]) }
      }
    }
  }
}
