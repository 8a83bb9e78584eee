/// Reads the generated Unicode tables: whole numbers as text, five bits a digit, where the sixth
/// bit says that more digits follow.
enum PackedNumbers {
  static func decode(_ text: StaticString) -> [Int] {
    var numbers: [Int] = []
    var number = 0
    var shift = 0
    for byte in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) {
      let digit = value(of: byte)
      number |= (digit & 31) << shift
      shift += 5
      if digit < 32 {
        numbers.append(number)
        (number, shift) = (0, 0)
      }
    }
    return numbers
  }

  /// A signed number that was folded into an unsigned one: 0, -1, 1, -2, …
  static func signed(_ number: Int) -> Int { number & 1 == 0 ? number / 2 : -(number + 1) / 2 }

  private static func value(of byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    default: 63
    }
  }
}
