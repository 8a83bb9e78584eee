/// Values as Python's `str` and `repr` print them.

extension Value {
  /// Python's `str`: what `{{ … }}` prints.
  var printed: Text {
    switch self {
    case .string(let text): text
    case .undefined: .empty
    default: representationText
    }
  }

  /// Python's `repr`, for messages.
  var representation: String { representationText.string }

  var representationText: Text {
    var builder = TextBuilder()
    writeRepresentation(to: &builder)
    return builder.text
  }

  /// Appends Python's `repr`.
  func writeRepresentation(to builder: inout TextBuilder) {
    switch self {
    case .undefined: builder.append("Undefined")
    case .none: builder.append("None")
    case .bool(let value): builder.append(value ? "True" : "False")
    case .integer(let value): builder.append(String(value))
    case .float(let value): builder.append(pythonText(of: value))
    case .string(let text): builder.append(like: text) { writeQuoted(text, to: &$0) }
    case .list(let list): writeElements(list.elements, "[", "]", to: &builder)
    case .tuple(let list):
      let close = list.elements.count == 1 ? ",)" : ")"
      writeElements(list.elements, "(", close, to: &builder)
    case .dictionary(let mapping): writeMembers(of: mapping, to: &builder)
    case .object(let object): builder.append(object.representation)
    }
  }
}

private func writeElements(
  _ elements: [Value], _ open: String, _ close: String, to builder: inout TextBuilder
) {
  builder.append(open)
  for (index, element) in elements.enumerated() {
    if index > 0 { builder.append(", ") }
    element.writeRepresentation(to: &builder)
  }
  builder.append(close)
}

private func writeMembers(of mapping: Mapping, to builder: inout TextBuilder) {
  builder.append("{")
  for (index, (key, value)) in zip(mapping.keys, mapping.values).enumerated() {
    if index > 0 { builder.append(", ") }
    key.writeRepresentation(to: &builder)
    builder.append(": ")
    value.writeRepresentation(to: &builder)
  }
  builder.append("}")
}

/// Appends a string literal: single quotes unless that would need escaping and double ones don't.
private func writeQuoted(_ text: Text, to output: inout [UInt8]) {
  let single = UInt8(ascii: "'")
  let double = UInt8(ascii: "\"")
  let quote = text.bytes.contains(single) && !text.bytes.contains(double) ? double : single
  if text.isMarkup { output += "Markup(".utf8 }
  output.append(quote)
  for scalar in text.string.unicodeScalars { writeEscaped(scalar, quote, to: &output) }
  output.append(quote)
  if text.isMarkup { output.append(UInt8(ascii: ")")) }
}

private func writeEscaped(_ scalar: Unicode.Scalar, _ quote: UInt8, to output: inout [UInt8]) {
  switch scalar {
  case "\\": output += "\\\\".utf8
  case "\n": output += "\\n".utf8
  case "\r": output += "\\r".utf8
  case "\t": output += "\\t".utf8
  case _ where scalar.value == UInt32(quote): output += [UInt8(ascii: "\\"), quote]
  case " "..."~": output.append(UInt8(truncatingIfNeeded: scalar.value))
  case _ where scalar.isPrintable: output += String(scalar).utf8
  case _ where scalar.value < 0x100: output += "\\x\(hexadecimal(scalar.value, 2))".utf8
  case _ where scalar.value < 0x10000: output += "\\u\(hexadecimal(scalar.value, 4))".utf8
  default: output += "\\U\(hexadecimal(scalar.value, 8))".utf8
  }
}

/// At least `width` lower-case hexadecimal digits.
func hexadecimal(_ value: UInt32, _ width: Int) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// A floating-point number as Python's `repr` writes it: the shortest digits that read back the
/// same, with an exponent below 1e-4 and from 1e16 on.
func pythonText(of value: Double) -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  let sign = value.sign == .minus ? "-" : ""
  if value == 0 { return sign + "0.0" }
  let (digits, point) = shortestDigits(of: value.magnitude)
  return sign + layOut(digits, point)
}

/// The shortest digits of a positive number, and where the point stands: 0.ddd × 10^point.
private func shortestDigits(of value: Double) -> (digits: [UInt8], point: Int) {
  let parts = value.description.split(whereSeparator: { $0 == "e" || $0 == "E" })
  let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
  let whole = Array(mantissa[0].utf8)
  let digits = whole + (mantissa.count > 1 ? Array(mantissa[1].utf8) : [])
  let zero = UInt8(ascii: "0")
  let leading = digits.prefix { $0 == zero }.count
  var significant = Array(digits.dropFirst(leading))
  while significant.last == zero { significant.removeLast() }
  return (significant, whole.count - leading + exponent)
}

private func layOut(_ digits: [UInt8], _ point: Int) -> String {
  let text = String(decoding: digits, as: UTF8.self)
  if point > 16 || point < -3 {
    let exponent = point - 1
    let fraction = text.dropFirst().isEmpty ? "" : "." + text.dropFirst()
    let magnitude = String(exponent.magnitude)
    let padded = magnitude.count < 2 ? "0" + magnitude : magnitude
    return "\(text.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(padded)"
  }
  if point <= 0 { return "0." + String(repeating: "0", count: -point) + text }
  if point >= text.count { return text + String(repeating: "0", count: point - text.count) + ".0" }
  return "\(text.prefix(point)).\(text.dropFirst(point))"
}
