/// The published patterns that have a scanner, as tokenizer.json writes them.
enum KnownPatterns {
  static func scanner(for source: String) -> (any Pattern)? {
    scanners.first { $0.source.utf8.elementsEqual(source.utf8) }?.scanner
  }

  private static let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
  private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let upper = #"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"#
  private static let lower = #"\p{Ll}\p{Lm}\p{Lo}\p{M}"#

  private static func letterRuns(_ digits: String) -> String {
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|"#
      + spaces
  }

  private static func casedWords(_ digits: String, _ tail: String) -> String {
    #"[^\r\n\p{L}\p{N}]?[\#(upper)]*[\#(lower)]+\#(tail)|"#
      + #"[^\r\n\p{L}\p{N}]?[\#(upper)]+[\#(lower)]*\#(tail)|"#
      + #"\#(digits)| ?[^\s\p{L}\p{N}]+[\r\n/]*|\#(spaces)"#
  }

  static let scanners: [(source: String, scanner: any Pattern)] = [
    (
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
      ByteLevelScanner()
    ),
    (letterRuns(#"\p{N}"#), LetterRunScanner(digits: 1)),
    (letterRuns(#"\p{N}{1,3}"#), LetterRunScanner(digits: 3)),
    (
      contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"#
        + spaces,
      LetterRunScanner(
        digits: 1, letters: .lettersAndMarks, notPunctuation: .lettersMarksAndNumbers)
    ),
    (
      casedWords(#"\p{N}{1,3}"#, contractions + "?"),
      CasedWordScanner(digits: 3, contractions: true)
    ),
    (casedWords(#"\p{N}"#, ""), CasedWordScanner(digits: 1, contractions: false)),
    (
      ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
        + #"| ?[\p{P}\p{S}]+[\r\n]*|"# + spaces,
      DeepSeekScanner()
    ),
    (
      ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^"## + "\r\n"
        + #"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+["# + "\r\n" + #"]*|\s*["# + "\r\n"
        + #"]+|\s+(?!\S)|\s+"#,
      DeepSeekScanner()
    ),
  ]
}
