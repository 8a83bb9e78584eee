import ArgumentParser

/// A number of bytes, written 800m, 6g or 6GiB.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
  let value: Int

  private static let units = ["": 0, "k": 10, "m": 20, "g": 30, "t": 40]

  init?(argument: String) {
    let text = argument.lowercased()
    let digits = text.prefix { $0.isNumber || $0 == "." }
    var unit = text.dropFirst(digits.count)
    for suffix in ["ib", "b"] where unit.hasSuffix(suffix) { unit.removeLast(suffix.count) }
    guard let number = Double(digits), let shift = Self.units[String(unit)] else { return nil }
    let bytes = number * Double(1 << shift)
    guard bytes >= 1, bytes < 0x1p60 else { return nil }
    value = Int(bytes)
  }

  var description: String { "\(value)" }
}
