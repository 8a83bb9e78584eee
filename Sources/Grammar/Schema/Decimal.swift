import JSON

/// A number's digits.
struct Decimal {
  let isNegative: Bool
  /// Without leading zeros, but "0" for zero.
  let integer: [UInt8]
  /// Without trailing zeros.
  let fraction: [UInt8]

  /// Nil for what isn't a number.
  init?(_ value: JSON) {
    let text: String
    switch value {
    case .integer(let number): (isNegative, text) = (number < 0, number.magnitude.description)
    case .number(let number): (isNegative, text) = (number < 0, number.magnitude.description)
    case .null, .bool, .string, .array, .object: return nil
    }
    let parts = text.split(separator: "e", maxSplits: 1)
    let mantissa = parts.first?.split(separator: ".", omittingEmptySubsequences: false) ?? []
    var whole: [UInt8] = Array((mantissa.first ?? "0").utf8)
    var rest: [UInt8] = mantissa.count > 1 ? Array(mantissa[1].utf8) : []
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    for _ in 0..<max(exponent, 0) {
      let digit: UInt8 = rest.isEmpty ? 0x30 : rest.removeFirst()
      whole.append(digit)
    }
    for _ in 0..<max(-exponent, 0) { rest.insert(whole.popLast() ?? 0x30, at: 0) }
    while whole.first == 0x30 { whole.removeFirst() }
    while rest.last == 0x30 { rest.removeLast() }
    integer = whole.isEmpty ? [0x30] : whole
    fraction = rest
  }

  /// Digits behind the point that are looked at for multiples.
  static let mostPlaces = 18

  /// A positive number with a fraction as a count of units of its last place, and where that is; nil
  /// for others and for more than 18 digits.
  var fractionSteps: (count: Int, places: Int)? {
    guard !isNegative, !fraction.isEmpty, fraction.count <= Self.mostPlaces,
      let count = Int(String(decoding: integer + fraction, as: UTF8.self))
    else { return nil }
    return (count, fraction.count)
  }

  /// Whether it is a whole number of such steps.
  func isMultiple(ofSteps count: Int, places: Int) -> Bool {
    guard fraction.count <= places else { return false }
    let zeros = [UInt8](repeating: 0x30, count: places - fraction.count)
    var remainder = 0
    for digit in integer + fraction + zeros {
      // Its double-width product: the remainder may have 19 digits.
      let (high, low) = remainder.multipliedFullWidth(by: 10)
      remainder = count.dividingFullWidth((high, low)).remainder
      remainder = (remainder + Int(digit - 0x30)) % count
    }
    return remainder == 0
  }

  /// Numbers without exponent of another value.
  var otherNumbersPattern: String {
    let whole = String(decoding: integer, as: UTF8.self)
    let rest = String(decoding: fraction, as: UTF8.self)
    let zeros = fraction.isEmpty ? "(?:\\.0+)?" : "\\.\(rest)0*"
    let sign = integer == [0x30] && fraction.isEmpty ? "-?" : isNegative ? "-" : ""
    return "(?!\(sign)\(whole)\(zeros)$)-?[0-9.]+"
  }
}
