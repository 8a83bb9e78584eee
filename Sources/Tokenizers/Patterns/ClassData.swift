/// What Oniguruma's character classes contain, in PCRE2's syntax for the inside of brackets.
enum ClassData {
  /// `\s`: PCRE2 also takes U+180E.
  static let whiteSpace =
    #"\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}"#
    + #"\x{3000}"#

  private static let notWhiteSpace =
    #"\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}"#
    + #"\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"#

  /// `\w` in brackets: PCRE2 leaves out marks, connectors other than _, and circled letters.
  static let word =
    ["L", "M", "Nd", "Nl", "Pc"].compactMap(members).joined()
    + #"\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189}"#

  /// `\w` by itself, which also has the Latin-1 numbers.
  static let wordAlone = word + #"\x{b2}\x{b3}\x{b9}\x{bc}-\x{be}"#

  /// The letters after a backslash that stand for a class; in capitals, for everything else.
  static let shorthands: [(name: String, members: String)] = [
    ("s", whiteSpace), ("w", word), ("d", members(of: "Nd") ?? ""), ("h", "0-9A-Fa-f"),
  ]

  /// The classes that are written `[:name:]`, where PCRE2 has others.
  static let brackets: [(name: String, members: String)] = [
    ("punct", ["P", "S"].compactMap(members).joined()), ("space", whiteSpace), ("word", word),
    ("digit", members(of: "Nd") ?? ""), ("alpha", alphabetic),
    ("alnum", alphabetic + (members(of: "Nd") ?? "")),
    ("upper", #"\p{Uppercase}"# + (members(of: "Lu") ?? "")),
    (
      "lower",
      #"\p{Lowercase}\x{10fc}\x{a7f2}-\x{a7f4}\x{ab69}\x{1e030}-\x{1e06d}"#
        + (members(of: "Ll") ?? "")
    ),
  ]

  /// Alphabetic characters: letters, and the marks that newer versions of Unicode count among them.
  private static let alphabetic =
    (members(of: "L") ?? "") + #"\p{Alphabetic}\x{363}-\x{36f}\x{897}\x{c04}\x{cf3}\x{f82}\x{f83}"#
    + #"\x{1dd3}-\x{1de6}\x{10d69}\x{10efc}\x{11080}\x{11081}\x{11241}\x{113b8}-\x{113c0}\x{113c2}"#
    + #"\x{113c5}\x{113c7}-\x{113ca}\x{113cc}\x{113cd}\x{11f00}-\x{11f03}\x{11f34}-\x{11f3a}"#
    + #"\x{11f3e}-\x{11f40}\x{1611e}-\x{1612e}\x{1e08f}"#

  /// The characters of a general category such as `L` or `Lu`, or of a script; nil for any other
  /// name.
  static func members(of name: String) -> String? {
    if name == "Alphabetic" || name == "Alpha" { return alphabetic }
    if let newer = scripts[name] { return "\\p{sc:\(name)}" + newer }
    guard categories.contains(name) else { return nil }
    let newer = newerThan14.filter { $0.category.hasPrefix(name) }.flatMap(\.ranges)
    return "\\p{\(name)}" + newer.map(text).joined()
  }

  /// Scripts, with the characters that they got after Unicode 14. PCRE2 also counts a script's
  /// extensions unless told not to.
  private static let scripts: [String: String] = [
    "Arabic": #"\x{897}\x{10ec2}-\x{10ec4}\x{10efc}-\x{10eff}"#, "Armenian": "", "Bengali": "",
    "Cyrillic": #"\x{1c89}\x{1c8a}\x{1e030}-\x{1e06d}\x{1e08f}"#, "Devanagari": "",
    "Ethiopic": "", "Georgian": "", "Greek": "", "Gujarati": "", "Hangul": "",
    "Han": #"\x{2b739}\x{2ebf0}-\x{2ee5d}\x{31350}-\x{323af}"#, "Hebrew": "",
    "Hiragana": #"\x{1b132}"#, "Katakana": #"\x{1b155}"#, "Khmer": "", "Lao": "",
    "Latin": #"\x{a7cb}-\x{a7cd}\x{a7da}-\x{a7dc}\x{1df25}-\x{1df2a}"#, "Malayalam": "",
    "Myanmar": "", "Tamil": "", "Telugu": "", "Thai": "", "Tibetan": "",
  ]

  /// The characters that `members` leaves out; nil where that isn't known as a class.
  static func complement(of members: String) -> String? {
    members == whiteSpace ? notWhiteSpace : nil
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    "\\x{" + String(range.lowerBound, radix: 16) + "}-\\x{" + String(range.upperBound, radix: 16)
      + "}"
  }

  private static let categories: Set<String> = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc",
    "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So",
  ]

  /// The characters that Unicode 15, 15.1 and 16 assigned: PCRE2 10.42 has Unicode 14.
  private static let newerThan14: [(category: String, ranges: [ClosedRange<Int>])] = [
    (
      "Cf",
      [
        0x13439...0x1343F
      ]
    ),
    (
      "Ll",
      [
        0x1C8A...0x1C8A, 0xA7CD...0xA7CD, 0xA7DB...0xA7DB, 0x10D70...0x10D85, 0x1DF25...0x1DF2A,
      ]
    ),
    (
      "Lm",
      [
        0x10D4E...0x10D4E, 0x10D6F...0x10D6F, 0x16D40...0x16D42, 0x16D6B...0x16D6C,
        0x1E030...0x1E06D, 0x1E4EB...0x1E4EB,
      ]
    ),
    (
      "Lo",
      [
        0x105C0...0x105F3, 0x10D4A...0x10D4D, 0x10D4F...0x10D4F, 0x10EC2...0x10EC4,
        0x1123F...0x11240, 0x11380...0x11389, 0x1138B...0x1138B, 0x1138E...0x1138E,
        0x11390...0x113B5, 0x113B7...0x113B7, 0x113D1...0x113D1, 0x113D3...0x113D3,
        0x11BC0...0x11BE0, 0x11F02...0x11F02, 0x11F04...0x11F10, 0x11F12...0x11F33,
        0x1342F...0x1342F, 0x13441...0x13446, 0x13460...0x143FA, 0x16100...0x1611D,
        0x16D43...0x16D6A, 0x18CFF...0x18CFF, 0x1B132...0x1B132, 0x1B155...0x1B155,
        0x1E4D0...0x1E4EA, 0x1E5D0...0x1E5ED, 0x1E5F0...0x1E5F0, 0x2B739...0x2B739,
        0x2EBF0...0x2EE5D, 0x31350...0x323AF,
      ]
    ),
    (
      "Lu",
      [
        0x1C89...0x1C89, 0xA7CB...0xA7CC, 0xA7DA...0xA7DA, 0xA7DC...0xA7DC, 0x10D50...0x10D65,
      ]
    ),
    (
      "Mc",
      [
        0xCF3...0xCF3, 0x113B8...0x113BA, 0x113C2...0x113C2, 0x113C5...0x113C5, 0x113C7...0x113CA,
        0x113CC...0x113CD, 0x113CF...0x113CF, 0x11F03...0x11F03, 0x11F34...0x11F35,
        0x11F3E...0x11F3F, 0x11F41...0x11F41, 0x1612A...0x1612C,
      ]
    ),
    (
      "Mn",
      [
        0x897...0x897, 0xECE...0xECE, 0x10D69...0x10D6D, 0x10EFC...0x10EFF, 0x11241...0x11241,
        0x113BB...0x113C0, 0x113CE...0x113CE, 0x113D0...0x113D0, 0x113D2...0x113D2,
        0x113E1...0x113E2, 0x11F00...0x11F01, 0x11F36...0x11F3A, 0x11F40...0x11F40,
        0x11F42...0x11F42, 0x11F5A...0x11F5A, 0x13440...0x13440, 0x13447...0x13455,
        0x1611E...0x16129, 0x1612D...0x1612F, 0x1E08F...0x1E08F, 0x1E4EC...0x1E4EF,
        0x1E5EE...0x1E5EF,
      ]
    ),
    (
      "Nd",
      [
        0x10D40...0x10D49, 0x116D0...0x116E3, 0x11BF0...0x11BF9, 0x11F50...0x11F59,
        0x16130...0x16139, 0x16D70...0x16D79, 0x1CCF0...0x1CCF9, 0x1E4F0...0x1E4F9,
        0x1E5F1...0x1E5FA,
      ]
    ),
    (
      "No",
      [
        0x1D2C0...0x1D2D3
      ]
    ),
    (
      "Pd",
      [
        0x10D6E...0x10D6E
      ]
    ),
    (
      "Po",
      [
        0x1B4E...0x1B4F, 0x1B7F...0x1B7F, 0x113D4...0x113D5, 0x113D7...0x113D8, 0x11B00...0x11B09,
        0x11BE1...0x11BE1, 0x11F43...0x11F4F, 0x16D6D...0x16D6F, 0x1E5FF...0x1E5FF,
      ]
    ),
    (
      "Sm",
      [
        0x10D8E...0x10D8F
      ]
    ),
    (
      "So",
      [
        0x2427...0x2429, 0x2FFC...0x2FFF, 0x31E4...0x31E5, 0x31EF...0x31EF, 0x1CC00...0x1CCEF,
        0x1CD00...0x1CEB3, 0x1F6DC...0x1F6DC, 0x1F774...0x1F776, 0x1F77B...0x1F77F,
        0x1F7D9...0x1F7D9, 0x1F8B2...0x1F8BB, 0x1F8C0...0x1F8C1, 0x1FA75...0x1FA77,
        0x1FA87...0x1FA89, 0x1FA8F...0x1FA8F, 0x1FAAD...0x1FAAF, 0x1FABB...0x1FABF,
        0x1FAC6...0x1FAC6, 0x1FACE...0x1FACF, 0x1FADA...0x1FADC, 0x1FADF...0x1FADF,
        0x1FAE8...0x1FAE9, 0x1FAF7...0x1FAF8, 0x1FBCB...0x1FBEF,
      ]
    ),
  ]
}
