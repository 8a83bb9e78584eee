import Grammar
import Testing

/// Grammars in llama.cpp's and in Lark's notation.
struct NotationTests {
  private static let arithmetic = """
    # sums of products
    root   ::= sum "=" [0-9]+ "\\n"?
    sum    ::= product ([+-] product)*
    product ::= factor ("*" factor){0,3}
    factor ::= [0-9]+ | "(" sum ")"
    """

  @Test func `a recursive grammar in llama.cpp's notation is followed`() throws {
    let grammar = try Grammar.gbnf(Self.arithmetic)
    for text in ["1=1", "(1+2)*3-4=5\n", "((7))=7"] { #expect(takes(grammar, text), "\(text)") }
    for text in ["1+=2", "(1=1", "1*1*1*1*1=1", "=1", "1=1\n\n"] {
      #expect(!takes(grammar, text), "\(text)")
    }
  }

  @Test func `escapes, classes and bounds mean what llama_cpp says`() throws {
    let grammar = try Grammar.gbnf(
      #"""
      root ::= "\"\x41\u00e9" [^a-c\]]{2,} ( "x" |
         "y" )? tail
      tail ::= "."{,2} .
      """#)
    #expect(takes(grammar, "\"Aédex..!"))
    #expect(takes(grammar, "\"Aé日本y日"))
    #expect(!takes(grammar, "\"Aéadx."))
    #expect(!takes(grammar, "\"Aéd]x."))
  }

  @Test func `characters are written by their numbers, as llama_cpp reads them`() throws {
    let grammar = try Grammar.gbnf(#"root ::= "\U0001F600\u00e9\x41" [\U0001F601-\U0001F64F\x30]+"#)
    #expect(takes(grammar, "😀éA😁0"))
    #expect(!takes(grammar, "😀éA😀"))
    #expect(!takes(grammar, "😀éA"))
    let lark = try Grammar.lark(
      #"""
      start: "\U0001F600" /[\U0001F601-\U0001F64F]/
      """#)
    #expect(takes(lark, "😀😁"))
    #expect(!takes(lark, "😀😀"))
  }

  @Test func `priorities in Lark's notation change no language`() throws {
    let rules = """
      start.1: (KEYWORD | NAME)+
      KEYWORD.2: "if"
      NAME.-1: /[a-z]/
      """
    let grammar = try Grammar.lark(rules)
    for text in ["if", "ifif", "fi", "iffy"] { #expect(takes(grammar, text), "\(text)") }
    for text in ["", "IF", "i1"] { #expect(!takes(grammar, text), "\(text)") }
  }

  @Test func `a grammar in Lark's notation is followed`() throws {
    let grammar = try Grammar.lark(
      """
      %import common.INT
      %import common.WS_INLINE -> SPACE
      %ignore SPACE
      // left recursion is how Lark's grammars are written
      ?start: start "+" term -> add
            | term
      term: INT | NAME~1..2 | "(" start ")" | "pi"i
      NAME: /[a-z]{2}/ ["_"]
      """)
    for text in ["1 + 22", "ab_ + (1+cd ef)", " PI+Pi", "1+2+3"] {
      #expect(takes(grammar, text), "\(text)")
    }
    for text in ["1 +", "a", "+1", "(1", "ab cd ef"] { #expect(!takes(grammar, text), "\(text)") }
  }

  @Test func `the notation is told by its rules`() throws {
    #expect(takes(try .notation("root ::= \"a\""), "a"))
    #expect(takes(try .notation("start: \"a\""), "a"))
  }

  @Test func `special tokens are written in angle brackets`() throws {
    let grammar = try Grammar.gbnf("root ::= <call> \"x\"")
    let matcher = GrammarMatcher(grammar, TestVocabulary.bytes(special: ["<call>"]))
    #expect(!matcher.accept(text: "<"))
    #expect(matcher.accept(257) && matcher.accept(text: "x") && matcher.isComplete)
  }

  @Test(arguments: [
    "root ::= other", "root ::= \"a", "root ::= (\"a\"", "root ::= root \"a\"",
    "root ::= a\na ::= b \"x\" | \"y\"\nb ::= a",
    "root ::= [a", "root ::= \"a\"{3,1}", "root ::= ]", "nothing", "x ::= \"a\"",
    "root ::= \"a\"\nroot ::= \"b\"", "start: a\na: \"x\" a", "start: %x",
    "%import common.NOTHING\nstart: \"a\"",
    "start.x: \"a\"", "start.: \"a\"", #"root ::= "\U00110000""#, #"root ::= "\U1F600""#,
    #"root ::= "\U0000D83D""#,
    "start: /(/", "start: \"b\"..\"a\"",
  ])
  func `a malformed or endless grammar is refused`(_ text: String) {
    #expect(throws: GrammarError.self) { try Grammar.notation(text) }
  }

  @Test func `a grammar nested a thousand times ends in an error`() {
    let text = "root ::= " + String(repeating: "(", count: 1000) + "\"a\""
    #expect(throws: GrammarError.self) { try Grammar.gbnf(text) }
  }
}
