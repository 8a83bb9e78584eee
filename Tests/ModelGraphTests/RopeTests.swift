import Foundation
import JSON
import ModelGraph
import Testing

/// Frequencies against the formulas written out once more, from transformers' modelling code where
/// it states them differently.
@Suite struct RopeTests {
  /// The rotation of the first query of a llama with this rope_scaling; 16 channels, base 10000.
  private func rope(_ changes: [(key: String, value: JSON?)]) throws -> Rope {
    let model = try ModelCopy("llama")
    try model.configure([("rope_scaling", nil), ("rope_theta", 10_000)] + changes)
    let ropes = try model.graph().operations.compactMap { operation -> Rope? in
      if case .rope(let rope) = operation.kind { rope } else { nil }
    }
    return try #require(ropes.first)
  }

  private func plain(_ pair: Int, base: Double = 10_000, channels: Double = 16) -> Double {
    pow(base, -2 * Double(pair) / channels)
  }

  private func expectEqual(_ values: [Float], _ expected: [Double]) {
    #expect(values.count == expected.count)
    for (value, reference) in zip(values, expected) {
      #expect(abs(Double(value) - reference) <= 1e-6 * abs(reference))
    }
  }

  @Test func `without scaling the frequencies fall geometrically`() throws {
    let rope = try rope([])
    expectEqual(rope.inverseFrequencies, (0..<8).map { plain($0) })
    #expect(rope.magnitude == 1)
    #expect(rope.dynamic == nil)
    #expect(!rope.interleaved)
  }

  @Test func `theta and scaling are found in their newer place too`() throws {
    let parameters: JSON = ["rope_type": "linear", "factor": 4, "rope_theta": 500]
    for key in ["rope_parameters", "rope_scaling"] {
      let rope = try rope([("rope_theta", nil), (key, parameters)])
      expectEqual(rope.inverseFrequencies, (0..<8).map { plain($0, base: 500) / 4 })
    }
  }

  @Test(arguments: ["type", "rope_type"])
  func `linear scaling stretches every wavelength`(_ key: String) throws {
    var scaling = JSONObject()
    scaling[key] = "linear"
    scaling["factor"] = 4
    let rope = try rope([("rope_scaling", .object(scaling))])
    expectEqual(rope.inverseFrequencies, (0..<8).map { plain($0) / 4 })
  }

  @Test func `llama3 scaling keeps short wavelengths and stretches long ones`() throws {
    let scaling: JSON = [
      "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
      "original_max_position_embeddings": 64,
    ]
    let rope = try rope([("rope_scaling", scaling)])
    let expected = (0..<8).map { pair -> Double in
      let frequency = plain(pair)
      let wavelength = 2 * Double.pi / frequency
      if wavelength < 64 / 4 { return frequency }
      if wavelength > 64 { return frequency / 8 }
      let smooth = (64 / wavelength - 1) / (4 - 1)
      return (1 - smooth) * frequency / 8 + smooth * frequency
    }
    expectEqual(rope.inverseFrequencies, expected)
  }

  @Test func `yarn blends interpolated and extrapolated frequencies and scales by mscale`() throws {
    let scaling: JSON = [
      "rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 1024, "beta_fast": 32,
      "beta_slow": 1,
    ]
    let rope = try rope([("rope_scaling", scaling), ("max_position_embeddings", 1024)])
    func dimension(_ rotations: Double) -> Double {
      16 * log(1024 / (rotations * 2 * .pi)) / (2 * log(10_000))
    }
    let (low, high) = (floor(dimension(32)), ceil(dimension(1)))
    let expected = (0..<8).map { pair -> Double in
      let ramp = min(max((Double(pair) - low) / (high - low), 0), 1)
      return plain(pair) / 4 * ramp + plain(pair) * (1 - ramp)
    }
    expectEqual(rope.inverseFrequencies, expected)
    #expect(abs(Double(rope.magnitude) - (0.1 * log(4) + 1)) < 1e-6)
  }

  @Test func `yarn's magnitude follows mscale and mscale_all_dim, whatever attention_factor says`()
    throws
  {
    let base: [(key: String, value: JSON)] = [
      ("type", "yarn"), ("factor", 8), ("original_max_position_embeddings", 512),
    ]
    func magnitude(_ more: [(key: String, value: JSON)]) throws -> Double {
      Double(try rope([("rope_scaling", .object(JSONObject(base + more)))]).magnitude)
    }
    #expect(abs(try magnitude([("attention_factor", 3)]) - (0.1 * log(8) + 1)) < 1e-6)
    let both = try magnitude([("mscale", 0.7), ("mscale_all_dim", 0.5)])
    #expect(abs(both - (0.07 * log(8) + 1) / (0.05 * log(8) + 1)) < 1e-6)
  }

  @Test func `scaling that stretches the context raises the limit`() throws {
    let model = try ModelCopy("llama")
    for (type, limit) in [("yarn", 2048), ("dynamic", 2048), ("linear", 512), ("default", 512)] {
      let scaling: JSON = [
        "type": .string(type), "factor": 4, "original_max_position_embeddings": 512,
      ]
      try model.configure([("rope_scaling", scaling), ("max_position_embeddings", 512)])
      #expect(try model.graph().contextLimit == limit, "\(type)")
    }
  }

  @Test func `dynamic scaling is left to whoever knows the position`() throws {
    let rope = try rope([
      ("rope_scaling", ["type": "dynamic", "factor": 2]), ("max_position_embeddings", 100),
    ])
    #expect(rope.dynamic == Rope.DynamicScaling(base: 10_000, factor: 2, limit: 100))
    expectEqual(rope.inverseFrequencies, (0..<8).map { plain($0) })
  }

  @Test func `a part of each head may be rotated, and neighbours may be pairs`() throws {
    let rope = try rope([("partial_rotary_factor", 0.5), ("rope_traditional", true)])
    expectEqual(rope.inverseFrequencies, (0..<4).map { plain($0, channels: 8) })
    #expect(rope.rotatedChannels == 8)
    #expect(rope.interleaved)
  }

  @Test(arguments: [1e300, 1e-300, 1.0])
  func `extreme bases end in an error or in finite frequencies`(_ theta: Double) throws {
    let model = try ModelCopy("llama")
    let yarn: JSON = ["type": "yarn", "factor": 1e300]
    try model.configure([("rope_theta", .number(theta)), ("rope_scaling", yarn)])
    if let graph = try? model.graph() {
      for case .rope(let rope) in graph.operations.map(\.kind) {
        #expect(rope.inverseFrequencies.allSatisfy { $0.isFinite })
      }
    }
  }
}
