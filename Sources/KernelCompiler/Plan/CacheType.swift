/// How a compiled model keeps the keys and values of earlier positions.
public enum CacheType: String, Sendable, CaseIterable {
  case f32, f16
  /// 16 bits, with a scale for every key and every value.
  case int16
  /// Bytes, with a scale for every 32 channels of a key and for every value.
  case int8

  /// What numerics come with; exact ones allow nothing else.
  public static func usual(_ numerics: Numerics) -> CacheType {
    switch numerics {
    case .exact: .f32
    case .fast: .int16
    }
  }

  /// The one asked for, else the usual one.
  public static func chosen(_ asked: CacheType?, _ numerics: Numerics) throws -> CacheType {
    let usual = usual(numerics)
    guard let asked, asked != usual else { return usual }
    guard numerics == .fast else {
      throw CompilerError(
        "numerics exact keep keys and values as \(usual.rawValue); cache type \(asked.rawValue) "
          + "goes with numerics fast")
    }
    return asked
  }

  /// Templates that make up `pages.h`, in order.
  var headers: [String] {
    switch self {
    case .f32: ["pages_f32.h", "pages_floats.h"]
    case .f16: ["pages_f16.h", "pages_floats.h"]
    case .int16: ["pages_int16.h", "pages_codes.h"]
    case .int8: ["pages_int8.h", "pages_codes.h"]
    }
  }

  /// Whether attention multiplies keys and values as integers of 16 bits.
  var holdsIntegers: Bool {
    switch self {
    case .f32, .f16: false
    case .int16, .int8: true
    }
  }

  /// What one position of a head takes in a page, keys and values, as `HEAD_BYTES` has it.
  func positionBytes(dimension: Int) -> Int {
    let padded = dimension.rounded(upTo: blockRows)
    switch self {
    case .f32: return 4 * (dimension + padded)
    case .f16: return 2 * (dimension + padded)
    case .int16: return 2 * (2 * padded + 2)
    case .int8:
      let scales = (padded + Self.keyGroup - 1) / Self.keyGroup + 1
      return 2 * padded + 2 * scales
    }
  }

  /// Channels of a key that share a scale.
  private static let keyGroup = 32
}
