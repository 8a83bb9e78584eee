import Foundation
import ModelFiles

/// Rotary position embedding as config.json describes it: the frequencies of one head, scalings
/// worked out as mlx-lm's rope_utils.py does.
struct RopeScaling {
  let inverseFrequencies: [Float]
  let magnitude: Float
  let dynamic: Rope.DynamicScaling?
  let interleaved: Bool
  /// Most positions the scaling was made for; nil where it says nothing.
  let positions: Int?

  /// Reads `rope_theta`, `partial_rotary_factor` and `rope_scaling`, or their newer place,
  /// `rope_parameters`, which some files still call `rope_scaling`.
  init(
    _ settings: ModelSettings, headDimension: Int, defaultTheta: Double, trainedPositions: Int
  ) throws {
    let parameters = try settings.group("rope_parameters")
    let scaling = try settings.group("rope_scaling") ?? parameters
    let frequencies = RotaryFrequencies(
      base: try settings.optionalPositive("rope_theta")
        ?? parameters?.optionalPositive("rope_theta")
        ?? scaling?.optionalPositive("rope_theta") ?? defaultTheta,
      channels: try Self.rotatedChannels(settings, parameters, headDimension))
    interleaved = try settings.flag("rope_traditional", default: false)
    (inverseFrequencies, magnitude, dynamic, positions) = try Self.apply(
      scaling, to: frequencies, trainedPositions: trainedPositions)
    guard inverseFrequencies.allSatisfy(\.isFinite), magnitude.isFinite else {
      throw settings.error("rope_theta and rope_scaling together give no usable frequencies")
    }
  }

  /// The rotation of a query or key of that many heads.
  func rope(heads: Int, headDimension: Int) -> Rope {
    Rope(
      heads: heads, headDimension: headDimension, inverseFrequencies: inverseFrequencies,
      magnitude: magnitude, interleaved: interleaved, dynamic: dynamic)
  }

  private static func rotatedChannels(
    _ settings: ModelSettings, _ parameters: ModelSettings?, _ headDimension: Int
  ) throws -> Int {
    let key = "partial_rotary_factor"
    let factor =
      try settings.optionalPositive(key) ?? parameters?.optionalPositive(key) ?? 1
    guard factor <= 1 else { throw settings.wrong(key, "at most 1") }
    let channels = Int(Double(headDimension) * factor)
    guard channels >= 2, channels % 2 == 0 else {
      throw settings.error(
        "head_dim \(headDimension) with partial_rotary_factor \(factor) leaves \(channels) "
          + "channels to rotate, which must be an even number")
    }
    return channels
  }
}

// MARK: - The scalings

extension RopeScaling {
  private typealias Scaled = (
    inverseFrequencies: [Float], magnitude: Float, dynamic: Rope.DynamicScaling?, positions: Int?
  )

  private static func apply(
    _ scaling: ModelSettings?, to frequencies: RotaryFrequencies, trainedPositions: Int
  ) throws -> Scaled {
    guard let scaling else { return (inverse(frequencies.periods), 1, nil, nil) }
    if let nested = scaling.object.first(where: { $0.value.object != nil }) {
      throw scaling.wrong(nested.key, "a number (one scaling for all layers)")
    }
    let key = scaling.has("type") ? "type" : "rope_type"
    switch try scaling.string(key, default: "default") {
    case "default": return (inverse(frequencies.periods), 1, nil, nil)
    case "linear":
      let factor = try scaling.positive("factor")
      return (inverse(frequencies.periods.map { $0 * factor }), 1, nil, nil)
    case "dynamic":
      return try dynamic(scaling, frequencies, trainedPositions)
    case "llama3": return (inverse(try llama3(scaling, frequencies)), 1, nil, nil)
    case "yarn": return try yarn(scaling, frequencies)
    default:
      throw scaling.wrong(key, "default, linear, dynamic, llama3 or yarn")
    }
  }

  private static func inverse(_ periods: [Double]) -> [Float] { periods.map { Float(1 / $0) } }

  /// NTK-aware scaling whose base grows with the sequence; see `Rope.DynamicScaling`.
  private static func dynamic(
    _ scaling: ModelSettings, _ frequencies: RotaryFrequencies, _ trainedPositions: Int
  ) throws -> Scaled {
    let factor = try scaling.positive("factor")
    let limit = trainedPositions
    guard frequencies.channels > 2 else {
      throw scaling.error("rope_type dynamic needs more than 2 rotated channels")
    }
    let dynamic = Rope.DynamicScaling(
      base: Float(frequencies.base), factor: Float(factor), limit: limit)
    return (inverse(frequencies.periods), 1, dynamic, reach(limit, factor))
  }

  /// Llama 3.1: long wavelengths are stretched, short ones kept, those between blended.
  private static func llama3(
    _ scaling: ModelSettings, _ frequencies: RotaryFrequencies
  ) throws -> [Double] {
    let factor = try scaling.positive("factor")
    let low = try scaling.positive("low_freq_factor", default: 1)
    let high = try scaling.positive("high_freq_factor", default: 4)
    let original = Double(try originalPositions(scaling, default: 8192))
    guard high > low else { throw scaling.wrong("high_freq_factor", "more than low_freq_factor") }
    return frequencies.periods.map { period in
      let wavelength = 2 * Double.pi * period
      if wavelength > original / low { return period * factor }
      if wavelength <= original / high { return period }
      let smooth = (original / wavelength - low) / (high - low)
      return period / ((1 - smooth) / factor + smooth)
    }
  }

  /// YaRN (Peng et al., 2023): a ramp between stretched and kept wavelengths, by rotations within
  /// the original context, and a factor on queries and keys.
  private static func yarn(
    _ scaling: ModelSettings, _ frequencies: RotaryFrequencies
  ) throws -> Scaled {
    let factor = try scaling.positive("factor")
    let original = try originalPositions(scaling, default: 4096)
    let channels = Double(frequencies.channels)
    func dimension(rotations: Double) -> Double {
      channels * log(Double(original) / (rotations * 2 * .pi)) / (2 * log(frequencies.base))
    }
    let fast = try scaling.positive("beta_fast", default: 32)
    let slow = try scaling.positive("beta_slow", default: 1)
    let low = max(dimension(rotations: fast).rounded(.down), 0)
    var high = min(dimension(rotations: slow).rounded(.up), channels - 1)
    if low == high { high += 0.001 }
    let periods = frequencies.periods.enumerated().map { index, period in
      let keep = 1 - min(max((Double(index) - low) / (high - low), 0), 1)
      return factor * period * period / (factor * period * keep + period * (1 - keep))
    }
    let magnitude = try yarnMagnitude(scaling, factor: factor)
    return (inverse(periods), Float(magnitude), nil, reach(original, factor))
  }

  /// What `mscale` and `mscale_all_dim` give. transformers' `attention_factor` doesn't count, as in
  /// mlx-lm, which made the models that are read here.
  private static func yarnMagnitude(_ scaling: ModelSettings, factor: Double) throws -> Double {
    func scale(_ weight: Double) -> Double { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
    let rotated = try scaling.number("mscale", default: 1)
    let all = try scaling.number("mscale_all_dim", default: 0)
    return scale(rotated) / scale(all)
  }

  private static func originalPositions(
    _ scaling: ModelSettings, default fallback: Int
  ) throws -> Int {
    let limit = DecoderShape.positionLimit
    return try scaling.size("original_max_position_embeddings", default: fallback, limit: limit)
  }

  private static func reach(_ positions: Int, _ factor: Double) -> Int {
    Int(min(Double(positions) * factor, Double(DecoderShape.positionLimit)))
  }
}

/// Periods of the rotations before any scaling.
private struct RotaryFrequencies {
  let base: Double
  /// Channels of a head that are rotated.
  let channels: Int

  /// (channels / 2) positions per radian of each pair.
  var periods: [Double] {
    stride(from: 0, to: channels, by: 2).map { pow(base, Double($0) / Double(channels)) }
  }
}
