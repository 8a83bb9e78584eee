/// What stands between the quotes of JSON strings.

extension ExpressionPool {
  /// Any character of a string, in any spelling that JSON has for it.
  mutating func jsonCharacter() -> Expression {
    if let known = characters.any { return known }
    let plain = CharacterSet([0...0x1F, 0x22...0x22, 0x5C...0x5C]).inverted
    var short = ByteSet()
    for byte in "\"\\/bfnrt".utf8 { short.insert(byte) }
    let hexadecimal = digits("0123456789abcdefABCDEF")
    let noSurrogate = either([
      concatenation([digits("0123456789abcefABCEF"), hexadecimal, hexadecimal, hexadecimal]),
      concatenation([digits("dD"), digits("01234567"), hexadecimal, hexadecimal]),
    ])
    let high = concatenation([digits("dD"), digits("89abAB"), hexadecimal, hexadecimal])
    let low = concatenation([digits("dD"), digits("cdefCDEF"), hexadecimal, hexadecimal])
    let escapes = either([
      bytes(short), concatenation(literal("u"), noSurrogate),
      concatenation([literal("u"), high, literal("\\u"), low]),
    ])
    let result = either(characters(plain), concatenation(literal("\\"), escapes))
    characters.any = result
    stringCharacters.insert(result)
    return result
  }

  private mutating func digits(_ text: String) -> Expression {
    var set = ByteSet()
    for byte in text.utf8 { set.insert(byte) }
    return bytes(set)
  }

  /// Any character in the one spelling of `Alphabet.json`.
  mutating func canonicalCharacter() -> Expression {
    if let known = characters.canonical { return known }
    let result = characters(.all, .json)
    characters.canonical = result
    stringCharacters.insert(result)
    return result
  }

  /// Whether an expression is a closing quote.
  func isQuote(_ expression: Expression) -> Bool {
    let node = self[expression]
    return node.kind == .bytes && sets[Int(node.first)] == ByteSet(UInt8(ascii: "\""))
  }
}
