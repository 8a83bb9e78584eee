/// MLX's quantisation modes with floating-point codes: each weight is a code's value times the scale
/// of its group of columns, exactly; there are no biases.
public enum BlockFloat: String, Hashable, Sendable, CaseIterable {
  /// E2M1 codes, a power of two (E8M0) for 32 columns.
  case mxfp4
  /// E4M3 codes, a power of two (E8M0) for 32 columns.
  case mxfp8
  /// E2M1 codes, an E4M3 scale for 16 columns.
  case nvfp4

  /// Bits of a code.
  public var bits: Int {
    switch self {
    case .mxfp4, .nvfp4: 4
    case .mxfp8: 8
    }
  }

  public var groupSize: Int {
    switch self {
    case .mxfp4, .mxfp8: 32
    case .nvfp4: 16
    }
  }

  /// What a code stands for.
  public func value(code: UInt8) -> Float {
    switch self {
    case .mxfp4, .nvfp4: float(e2m1: code)
    case .mxfp8: float(e4m3: code)
    }
  }

  /// What a scale's byte stands for.
  public func scale(_ byte: UInt8) -> Float {
    switch self {
    case .mxfp4, .mxfp8: float(e8m0: byte)
    case .nvfp4: float(e4m3: byte)
    }
  }
}

/// Sign, two bits of exponent, one of mantissa: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives.
func float(e2m1 code: UInt8) -> Float {
  let magnitudes: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
  let magnitude = magnitudes[Int(code & 7)]
  return code & 8 == 0 ? magnitude : -magnitude
}

/// Sign, four bits of exponent (bias 7), three of mantissa, subnormals included.
func float(e4m3 code: UInt8) -> Float {
  let sign: Float = code & 0x80 == 0 ? 1 : -1
  let mantissa = Float(code & 7)
  let exponent = Int(code >> 3 & 15)
  if exponent == 0 { return sign * mantissa * 0x1p-9 }
  return sign * (8 + mantissa) * Float(sign: .plus, exponent: exponent - 10, significand: 1)
}

/// A power of two, 2^(code - 127).
func float(e8m0 code: UInt8) -> Float {
  code == 0 ? 0x1p-127 : Float(bitPattern: UInt32(code) << 23)
}
