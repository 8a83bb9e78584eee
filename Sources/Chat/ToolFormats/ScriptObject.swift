import JSON

/// The object at the beginning of a text, in JSON or with keys that stand without quotes, as
/// TypeScript writes it; nil where there is none. What stands behind it doesn't count.
func scriptObject(_ text: some StringProtocol) -> JSONObject? {
  var scanner = ArgumentsText()
  let object = scanner.append(String(text))
  guard !scanner.hasTextBefore, scanner.isComplete else { return nil }
  return (lenientJSON(object) ?? lenientJSON(quotingKeys(object)))?.object
}

/// Puts quotes around the words that stand before a colon, outside of strings.
private func quotingKeys(_ text: String) -> String {
  var output: [UInt8] = []
  /// Where the word begins that the output ends with.
  var word: Int?
  var isInString = false
  var isEscaped = false
  for byte in text.utf8 {
    if isInString {
      if byte == UInt8(ascii: "\""), !isEscaped { isInString = false }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    } else if byte == UInt8(ascii: ":"), let start = word {
      output.insert(UInt8(ascii: "\""), at: start)
      output.append(UInt8(ascii: "\""))
      word = nil
    } else if isInWord(byte) {
      word = word ?? output.count
    } else {
      isInString = byte == UInt8(ascii: "\"")
      word = nil
    }
    output.append(byte)
  }
  return String(decoding: output, as: UTF8.self)
}

private func isInWord(_ byte: UInt8) -> Bool {
  byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
    || Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
}
