import Testing

@testable import Tokenizers

@Suite struct PreTokenizerTests {
  /// The words that a pre-tokeniser cuts a text into.
  private func words(
    _ preTokenizer: String, _ text: String, originLength: Int = 1
  ) throws -> [String] {
    let component = try Component(.init(parsing: preTokenizer), file: "test", key: "pre_tokenizer")
    var words = WordText(NormalizedText(bytes: Array(text.utf8), originLength: originLength))
    for step in try PreTokenizerKinds.read(component) { step.cut(&words) }
    return words.words.map { String(decoding: words.bytes[$0], as: UTF8.self) }
  }

  @Test(arguments: [
    (#"{"type": "WhitespaceSplit"}"#, " a  b\u{3000}c", ["a", "b", "c"]),
    (#"{"type": "Whitespace"}"#, "a_1 b?!c", ["a_1", "b", "?!", "c"]),
    (#"{"type": "BertPreTokenizer"}"#, "don't、x$", ["don", "'", "t", "、", "x", "$"]),
    (#"{"type": "Punctuation"}"#, "a--b", ["a", "-", "-", "b"]),
    (#"{"type": "Punctuation", "behavior": "Contiguous"}"#, "a--b", ["a", "--", "b"]),
    (#"{"type": "Digits", "individual_digits": true}"#, "a12b", ["a", "1", "2", "b"]),
    (#"{"type": "Digits", "individual_digits": false}"#, "a1²b", ["a", "1²", "b"]),
    (#"{"type": "CharDelimiterSplit", "delimiter": "é"}"#, "aéébé", ["a", "b"]),
    (#"{"type": "FixedLength", "length": 2}"#, "aé日bc", ["aé", "日b", "c"]),
    (#"{"type": "UnicodeScripts"}"#, "どこで生れ。Yes", ["どこで生れ", "。", "Yes"]),
    (
      #"{"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}"#, "é it's",
      ["ĠÃ©", "Ġit", "'s"]
    ),
    (#"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}"#, "a b", ["aĠb"]),
    (
      #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}"#, "a  b",
      ["▁a", "▁", "▁b"]
    ),
    (
      #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": false}"#,
      "a b", ["a▁b"]
    ),
    (#"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}"#, " a", ["▁a"]),
    (
      #"""
      {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
      {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}]}
      """#,
      "a b", ["▁a", "b"]
    ),
  ])
  func `text is cut into words`(_ preTokenizer: String, _ text: String, _ expected: [String]) throws
  {
    #expect(try words(preTokenizer, text) == expected)
    #expect(try words(preTokenizer, "").isEmpty)
  }

  @Test func `only the beginning of the input counts as first`() throws {
    let metaspace = #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}"#
    #expect(try words(metaspace, "a", originLength: 0) == ["a"])
    let tokenizer = try TestTokenizer.make(
      model: #"{"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "▁a": 2}}"#,
      preTokenizer: metaspace, added: TestTokenizer.added("<s>", id: 3))
    #expect(tokenizer.ids("a<s>a") == [2, 3, 1])
    #expect(tokenizer.ids("<s>a") == [3, 1])
  }

  @Test func `a prefix space that contradicts the scheme is refused`() {
    let metaspace = #"""
      {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "add_prefix_space": false}
      """#
    #expect(throws: TokenizerError.self) { try words(metaspace, "a") }
  }
}
