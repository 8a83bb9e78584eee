/// A set of Unicode characters, as ascending ranges of scalar values without surrogates.
struct CharacterSet: Equatable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>]

  static let all = CharacterSet([0...0x10FFFF])
  static let digits = CharacterSet([0x30...0x39])
  static let word = CharacterSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  /// What ECMA's `\s` stands for.
  static let spaces = CharacterSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
  static let lineEnds = CharacterSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])

  init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = Self.normalized(ranges)
  }

  init(_ scalar: UInt32) { self.init([scalar...scalar]) }

  private static func normalized(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    let split = ranges.flatMap(withoutSurrogates).sorted { $0.lowerBound < $1.lowerBound }
    for range in split {
      if let last = result.last, range.lowerBound <= last.upperBound + 1 {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  private static func withoutSurrogates(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    if range.lowerBound < 0xD800 { result.append(range.lowerBound...min(range.upperBound, 0xD7FF)) }
    if range.upperBound > 0xDFFF { result.append(max(range.lowerBound, 0xE000)...range.upperBound) }
    return result
  }

  func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } }

  func union(_ other: CharacterSet) -> CharacterSet { CharacterSet(ranges + other.ranges) }

  var inverted: CharacterSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { result.append(next...0x10FFFF) }
    return CharacterSet(result)
  }

  func subtracting(_ other: CharacterSet) -> CharacterSet {
    inverted.union(other).inverted
  }

  /// With both cases of its ASCII letters.
  var withBothCases: CharacterSet {
    var result = ranges
    for letter in UInt32(0x41)...0x5A where contains(letter) || contains(letter + 32) {
      result += [letter...letter, letter + 32...letter + 32]
    }
    return CharacterSet(result)
  }

  /// What emojis are composed of beside pictures: digits and signs of key caps, joiners, flags'
  /// letters and tags, skin and hair.
  private static let emojiComponents = CharacterSet([
    0x23...0x23, 0x2A...0x2A, 0x30...0x39, 0x200D...0x200D, 0x20E3...0x20E3, 0xFE0F...0xFE0F,
    0x1F1E6...0x1F1FF, 0x1F3FB...0x1F3FF, 0x1F9B0...0x1F9B3, 0xE0020...0xE007F,
  ])

  /// The characters of a property: a general category such as `L` or `Nd`, or one of those of
  /// emojis; nil where there is none.
  static func property(_ name: String) -> CharacterSet? {
    switch name {
    case "Emoji_Component": emojiComponents
    case "Emoji": CharacterSet { $0.isEmoji }
    case "Emoji_Presentation": CharacterSet { $0.isEmojiPresentation }
    // Without what is only reserved for pictures of later versions of Unicode.
    case "Extended_Pictographic":
      CharacterSet { $0.isEmoji }.subtracting(
        emojiComponents.subtracting(CharacterSet([0x1F9B0...0x1F9B3])))
    default:
      categoryTest(name).map { contains in CharacterSet { contains($0.generalCategory) } }
    }
  }

  private init(where contains: (Unicode.Scalar.Properties) -> Bool) {
    var ranges: [ClosedRange<UInt32>] = []
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value), contains(scalar.properties) else { continue }
      if let last = ranges.last, last.upperBound + 1 == value {
        ranges[ranges.count - 1] = last.lowerBound...value
      } else {
        ranges.append(value...value)
      }
    }
    self.init(ranges)
  }

  private static func categoryTest(
    _ name: String
  ) -> ((Unicode.GeneralCategory) -> Bool)? {
    let groups: [String: Set<Unicode.GeneralCategory>] = [
      "Lu": [.uppercaseLetter], "Ll": [.lowercaseLetter], "Lt": [.titlecaseLetter],
      "Lm": [.modifierLetter], "Lo": [.otherLetter], "Mn": [.nonspacingMark],
      "Mc": [.spacingMark], "Me": [.enclosingMark], "Nd": [.decimalNumber],
      "Nl": [.letterNumber], "No": [.otherNumber], "Pc": [.connectorPunctuation],
      "Pd": [.dashPunctuation], "Ps": [.openPunctuation], "Pe": [.closePunctuation],
      "Pi": [.initialPunctuation], "Pf": [.finalPunctuation], "Po": [.otherPunctuation],
      "Sm": [.mathSymbol], "Sc": [.currencySymbol], "Sk": [.modifierSymbol],
      "So": [.otherSymbol], "Zs": [.spaceSeparator], "Zl": [.lineSeparator],
      "Zp": [.paragraphSeparator], "Cc": [.control], "Cf": [.format],
    ]
    let long = [
      "Letter": "L", "Number": "N", "Punctuation": "P", "Symbol": "S", "Mark": "M",
      "Separator": "Z", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
      "Decimal_Number": "Nd",
    ]
    let short = long[name] ?? name
    let members = groups.filter { $0.key == short || (short.count == 1 && $0.key.hasPrefix(short)) }
    guard !members.isEmpty else { return nil }
    let all = members.values.reduce(into: Set()) { $0.formUnion($1) }
    return { all.contains($0) }
  }
}

// MARK: - UTF-8

extension ExpressionPool {
  /// One character of the set, as UTF-8.
  mutating func characters(_ set: CharacterSet) -> Expression {
    var ascii = ByteSet()
    var choices: [Expression] = []
    for range in set.ranges {
      if range.lowerBound < 0x80 {
        for value in range.lowerBound...min(range.upperBound, 0x7F) { ascii.insert(UInt8(value)) }
      }
      for (low, high) in [(UInt32(0x80), UInt32(0x7FF)), (0x800, 0xFFFF), (0x10000, 0x10FFFF)] {
        let lower = max(range.lowerBound, low)
        let upper = min(range.upperBound, high)
        if lower <= upper { choices += sequences(Self.utf8(lower), Self.utf8(upper)) }
      }
    }
    return either([bytes(ascii)] + choices)
  }

  private static func utf8(_ value: UInt32) -> [UInt8] {
    Unicode.Scalar(value).map { Array(String($0).utf8) } ?? []
  }

  /// Byte sequences of one length from `low` to `high`, both included.
  private mutating func sequences(_ low: [UInt8], _ high: [UInt8]) -> [Expression] {
    guard let first = low.first, let last = high.first else { return [] }
    if low.count == 1 { return [bytes(ByteSet(first...last))] }
    let lowRest = Array(low.dropFirst())
    let highRest = Array(high.dropFirst())
    let minimum = [UInt8](repeating: 0x80, count: lowRest.count)
    let maximum = [UInt8](repeating: 0xBF, count: lowRest.count)
    if first == last { return [joined(byte(first), sequences(lowRest, highRest))] }
    var result: [Expression] = []
    var from = first
    var to = last
    if lowRest != minimum {
      result.append(joined(byte(first), sequences(lowRest, maximum)))
      from += 1
    }
    if highRest != maximum {
      result.append(joined(byte(last), sequences(minimum, highRest)))
      to -= 1
    }
    if from <= to {
      result.append(joined(bytes(ByteSet(from...to)), sequences(minimum, maximum)))
    }
    return result
  }

  private mutating func joined(_ head: Expression, _ tails: [Expression]) -> Expression {
    concatenation(head, either(tails))
  }
}
