import Testing

@testable import Tokenizers

@Suite struct AddedTokenTests {
  @Test func `the longest of the leftmost tokens is found`() throws {
    let tokenizer = try TestTokenizer.make(
      added: ["<x", "<x>", "x>a"].enumerated().map { TestTokenizer.added($1, id: 14 + $0) }
        .joined(separator: ","))
    #expect(tokenizer.spell("<x>a<xb") == "<x>|a|<x|b")
  }

  @Test func `tokens take the white space that they strip`() throws {
    let left = try TestTokenizer.make(added: TestTokenizer.added("<x>", id: 14, "lstrip"))
    #expect(left.spell("a  <x> b") == "a|<x>| |b")
    let right = try TestTokenizer.make(added: TestTokenizer.added("<x>", id: 14, "rstrip"))
    #expect(right.spell("a <x>\n\u{3000}b") == "a| |<x>|b")
  }

  @Test func `a single word is no part of another`() throws {
    let tokenizer = try TestTokenizer.make(added: TestTokenizer.added("ab", id: 14, "single_word"))
    #expect(tokenizer.ids("ab abc cab ab") == [6, 5, 6, 3, 5, 3, 6, 5, 6])
    let other = try TestTokenizer.make(added: TestTokenizer.added("<x>", id: 14, "single_word"))
    #expect(other.spell("a<x> <x>b <x>") == "a|<|x|>| |<|x|>|b| |<x>")
  }

  @Test func `a normalised token is found in normalised text`() throws {
    let lower = #"{"type": "Lowercase"}"#
    let tokenizer = try TestTokenizer.make(
      normalizer: lower, added: TestTokenizer.added("<X>", id: 14, "normalized"))
    #expect(tokenizer.ids("A<x><X>") == [1, 14, 14])
    let plain = try TestTokenizer.make(
      normalizer: lower, added: TestTokenizer.added("<X>", id: 14))
    #expect(plain.ids("A<x><X>") == [1, 11, 12, 13, 14])
  }

  @Test func `special tokens are skipped in decoding, others aren't`() throws {
    let tokenizer = try TestTokenizer.make(
      decoder: #"{"type": "Fuse"}"#,
      added: TestTokenizer.added("<s>", id: 14, special: true) + ","
        + TestTokenizer.added("<t>", id: 15))
    let ids = tokenizer.ids("a<s>b<t>")
    #expect(ids == [1, 14, 2, 15])
    #expect(tokenizer.decode(ids, skipSpecialTokens: false) == "a<s>b<t>")
    #expect(tokenizer.decode(ids, skipSpecialTokens: true) == "ab<t>")
  }

  @Test func `ids are given as the reference gives them`() throws {
    // The vocabulary's own id, or the next one after it, whatever the file says.
    let tokenizer = try TestTokenizer.make(
      added: TestTokenizer.added("ab", id: 99) + "," + TestTokenizer.added("<s>", id: 99))
    #expect(tokenizer.id(of: "ab") == 6)
    #expect(tokenizer.id(of: "<s>") == 14)
    #expect(tokenizer.vocabularySize == 15)
  }
}
