/// Random numbers that depend on seed and position alone, not on how many were drawn before: the
/// n-th token of a request gets the same ones in any batch and after any interruption.
struct CounterRandom {
  /// What a number is for; uses don't influence each other.
  enum Purpose: UInt64 {
    case draw = 1
    case excludeTopChoices
  }

  let seed: UInt64

  /// Uniform in 0 ..< 1.
  func uniform(_ purpose: Purpose, at position: Int) -> Double {
    let key = Self.mix(seed &+ purpose.rawValue &* 0xD1B5_4A32_D192_ED03)
    let bits = Self.mix(key &+ UInt64(position) &* 0x9E37_79B9_7F4A_7C15)
    return Double(bits >> 11) * 0x1p-53
  }

  /// SplitMix64's finaliser (Steele, Lea, Flood 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var bits = value &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
