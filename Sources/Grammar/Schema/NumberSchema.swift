import JSON

/// Numbers: bounds and multiples.
extension SchemaCompiler {
  /// A JSON number that satisfies the facets.
  ///
  /// - Parameter others: facets that it is compared with. All numbers that matter are then in it,
  ///   also those that are too long to be written.
  mutating func number(
    _ facets: [Facet], isInteger: Bool, comparedWith others: [Facet]? = nil
  ) throws(GrammarError) -> Expression {
    var languages: [Expression] = []
    var isWhole = isInteger
    for facet in facets {
      for bound in try bounds(facet) { languages.append(try bound.language(&builder)) }
      if let divisor = facet["multipleOf"] {
        languages.append(try multiples(divisor, facet, &isWhole))
      }
      for value in facet[SchemaKeywords.notEnum]?.array ?? [] {
        guard let value = Decimal(value) else { continue }
        languages.append(try builder.expression(value.otherNumbersPattern))
      }
    }
    if !isWhole, others == nil, facets.contains(where: Self.tellsNeighboursApart) {
      languages.append(try builder.expression(Self.distinctPattern))
    }
    let plain = Self.plainPattern(isWhole: isWhole, facets + (others ?? []))
    if languages.isEmpty, !isWhole {
      return try builder.expression(
        plain + "(?:[eE][+-]?(?:[0-9]{1,2}|[12][0-9]{2}|30[0-7]))?")
    }
    let result = builder.pool.both([try builder.expression(plain)] + languages)
    return builder.pool.isDead(result) ? ExpressionPool.never : result
  }

  /// Digits before and behind the point, of which small models otherwise find no end. More come
  /// only where a bound has more.
  private static let mostDigits = 18

  /// Readers round numbers to doubles, and with more digits one beside an excluded value becomes it,
  /// and a multiple something else.
  private static let distinctPattern = "-?[0-9]+|-?[0-9.]{1,16}"

  private static func tellsNeighboursApart(_ facet: Facet) -> Bool {
    let keywords = ["exclusiveMinimum", "exclusiveMaximum", "multipleOf", SchemaKeywords.notEnum]
    return keywords.contains { facet[$0] != nil }
  }

  private static func plainPattern(isWhole: Bool, _ facets: [Facet]) -> String {
    let keywords = [
      "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    ]
    let bounds = facets.flatMap { facet in keywords.compactMap { facet[$0].flatMap(Decimal.init) } }
    let digits = bounds.reduce(mostDigits) {
      max($0, $1.integer.count + 1, $1.fraction.count + 1)
    }
    let whole = "-?(?:0|[1-9][0-9]{0,\(digits - 1)})"
    return isWhole ? whole : whole + "(?:\\.[0-9]{1,\(digits)})?"
  }

  private func bounds(_ facet: Facet) throws(GrammarError) -> [NumberBound] {
    var result: [NumberBound] = []
    let keywords = [
      ("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false),
    ]
    for (keyword, exclusive, isLower) in keywords {
      let inclusive = facet[keyword].flatMap(Decimal.init)
      let other = facet[exclusive]
      // Draft 4 wrote the exclusiveness of a bound beside it.
      let isExclusive = other?.bool == true
      if let inclusive {
        result.append(NumberBound(inclusive, isLower: isLower, isExclusive: isExclusive))
      }
      if let value = other.flatMap(Decimal.init) {
        result.append(NumberBound(value, isLower: isLower, isExclusive: true))
      }
    }
    return result
  }

  private mutating func multiples(
    _ divisor: JSON, _ facet: Facet, _ isWhole: inout Bool
  ) throws(GrammarError) -> Expression {
    if let modulus = divisor.integer, modulus > 0 {
      isWhole = true
      let sign = builder.pool.optional(builder.pool.literal("-"))
      return builder.pool.concatenation(sign, try multiples(of: modulus, facet))
    }
    guard let steps = Decimal(divisor)?.fractionSteps else {
      throw facet.unsupported(
        "multipleOf", "only positive numbers of at most \(Decimal.mostPlaces) decimal places can be"
      )
    }
    guard steps.count <= Self.mostRemainders else {
      throw facet.unsupported(
        "multipleOf", "decimals of more than \(Self.mostRemainders) steps can't be")
    }
    let sign = builder.pool.optional(builder.pool.literal("-"))
    let number = builder.pool.multiple(of: Int32(steps.count), places: Int32(steps.places))
    return builder.pool.concatenation(sign, number)
  }

  /// Each remainder is a state, and each bound beside it multiplies them.
  private static let mostRemainders = 1000

  private mutating func multiples(
    of modulus: Int, _ facet: Facet
  ) throws(GrammarError) -> Expression {
    // Zeros at its end stand at the end of its multiples, too, and take no remainders.
    var (rest, zeros) = (modulus, 0)
    while rest % 10 == 0 { (rest, zeros) = (rest / 10, zeros + 1) }
    guard rest <= Self.mostRemainders else {
      throw facet.unsupported(
        "multipleOf", "integers above \(Self.mostRemainders) can't be, but for zeros at their end")
    }
    let ending = builder.pool.literal(String(repeating: "0", count: zeros))
    let others = builder.pool.concatenation(builder.pool.multiple(of: Int32(rest)), ending)
    return builder.pool.either(others, builder.pool.literal("0"))
  }
}

/// Numbers on one side of a value.
struct NumberBound {
  private let value: Decimal
  private let isLower: Bool
  private let isExclusive: Bool

  init(_ value: Decimal, isLower: Bool, isExclusive: Bool) {
    self.value = value
    self.isLower = isLower
    self.isExclusive = isExclusive
  }

  private static let anyFraction = "(?:\\.[0-9]+)?"
  private static let zero = "(?:-?0(?:\\.0+)?)"

  func language(_ builder: inout GrammarBuilder) throws(GrammarError) -> Expression {
    let isZero = value.integer == [0x30] && value.fraction.isEmpty
    let any = "(?:0|[1-9][0-9]*)\(Self.anyFraction)"
    // Away from zero on the value's own side, towards it, or across.
    let grows = isLower != value.isNegative
    var forms: [String] = []
    if isZero {
      forms.append((isLower ? "" : "-") + "(?:\(atLeast))")
      if !isExclusive { forms.append(Self.zero) }
    } else if grows {
      forms.append((value.isNegative ? "-" : "") + "(?:\(atLeast))")
    } else {
      if let atMost { forms.append((value.isNegative ? "-" : "") + "(?:\(atMost))") }
      forms += [(value.isNegative ? "" : "-") + any, Self.zero]
    }
    return try builder.expression(forms.joined(separator: "|"))
  }

  private var digits: [String] { value.integer.map { String(UnicodeScalar($0)) } }
  private var places: [String] { value.fraction.map { String(UnicodeScalar($0)) } }

  /// Digits above or below one; nil where there is none.
  private static func digits(_ isAbove: Bool, _ digit: String, from lowest: Int = 0) -> String? {
    guard let number = Int(digit) else { return nil }
    if isAbove { return number < 9 ? "[\(number + 1)-9]" : nil }
    return number > lowest ? "[\(lowest)-\(number - 1)]" : nil
  }

  /// Magnitudes from the value's upwards.
  private var atLeast: String {
    let digits = digits
    let places = places
    let isZero = value.integer == [0x30]
    var forms = ["[1-9][0-9]{\(isZero ? 0 : digits.count),}\(Self.anyFraction)"]
    for (index, digit) in digits.enumerated() where !isZero {
      guard let above = Self.digits(true, digit) else { continue }
      let prefix = digits[..<index].joined()
      forms.append(
        "\(prefix)\(above)[0-9]{\(digits.count - index - 1)}\(Self.anyFraction)")
    }
    let whole = digits.joined()
    if places.isEmpty {
      forms.append(whole + (isExclusive ? "\\.[0-9]*[1-9][0-9]*" : Self.anyFraction))
      return forms.joined(separator: "|")
    }
    for (index, place) in places.enumerated() {
      guard let above = Self.digits(true, place) else { continue }
      forms.append("\(whole)\\.\(places[..<index].joined())\(above)[0-9]*")
    }
    let more = isExclusive ? "[0-9]*[1-9][0-9]*" : "[0-9]*"
    forms.append("\(whole)\\.\(places.joined())\(more)")
    return forms.joined(separator: "|")
  }

  /// Magnitudes up to the value's; nil where there is none but zero.
  private var atMost: String? {
    let digits = digits
    let places = places
    var forms: [String] = []
    if digits.count > 1 {
      forms.append("(?:0|[1-9][0-9]{0,\(digits.count - 2)})\(Self.anyFraction)")
    }
    for (index, digit) in digits.enumerated() {
      let lowest = index == 0 && digits.count > 1 ? 1 : 0
      guard let below = Self.digits(false, digit, from: lowest) else { continue }
      let prefix = digits[..<index].joined()
      forms.append(
        "\(prefix)\(below)[0-9]{\(digits.count - index - 1)}\(Self.anyFraction)")
    }
    let whole = digits.joined()
    if places.isEmpty {
      if !isExclusive { forms.append(whole + "(?:\\.0+)?") }
      return forms.isEmpty ? nil : forms.joined(separator: "|")
    }
    forms.append(whole)
    for (index, place) in places.enumerated() {
      if let below = Self.digits(false, place) {
        forms.append("\(whole)\\.\(places[..<index].joined())\(below)[0-9]*")
      }
      if index > 0 { forms.append("\(whole)\\.\(places[..<index].joined())") }
    }
    if !isExclusive { forms.append("\(whole)\\.\(places.joined())0*") }
    return forms.joined(separator: "|")
  }
}
