import Foundation
import ModelFiles
import Testing

/// The golden matrices of Tests/Fixtures/quant: one per bit width, group size and scale type.
enum QuantizedFixtures {
  static let file: TensorFiles? = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = tests.appendingPathComponent("Fixtures/quant/quant.safetensors").path
    return try? TensorFiles(path: path)
  }()

  /// "affine-b4-g64-bfloat16", "mxfp4-b4-g32-bfloat16", …
  static let names: [String] = (file?.names ?? []).compactMap { name in
    name.hasSuffix(".weight") ? String(name.dropLast(7)) : nil
  }.sorted()

  static func matrix(_ name: String) throws -> WeightMatrix {
    let file = try #require(file)
    let parts = name.split(separator: "-")
    let bits = try #require(Int(parts[1].dropFirst()))
    let groupSize = try #require(Int(parts[2].dropFirst()))
    let scales = try file.tensor(name + ".scales")
    let weight = try file.tensor(name + ".weight")
    if let mode = BlockFloat(rawValue: String(parts[0])) {
      #expect(mode.bits == bits && mode.groupSize == groupSize)
      return WeightMatrix(
        path: name, rows: 20, columns: 256, format: .blockFloat(mode), weight: weight,
        scales: scales)
    }
    return WeightMatrix(
      path: name, rows: 20, columns: 256,
      format: .affine(bits: bits, groupSize: groupSize, scaleType: scales.type),
      weight: weight, scales: scales,
      biases: try file.tensor(name + ".biases"))
  }
}

@Suite struct QuantizedWeightTests {
  @Test func `all formats are among the golden matrices`() {
    let names = QuantizedFixtures.names
    #expect(names.count { $0.hasPrefix("affine-") } >= 18)
    for mode in BlockFloat.allCases {
      #expect(names.contains { $0.hasPrefix(mode.rawValue) }, "\(mode)")
    }
  }

  @Test func `a scale of zero bits is the smallest power of two`() {
    #expect(BlockFloat.mxfp4.scale(0) == 0x1p-127)
    #expect(BlockFloat.mxfp8.scale(254) == 0x1p127)
    #expect(BlockFloat.nvfp4.scale(1) == 0x1p-9)
    #expect(BlockFloat.nvfp4.scale(0x7E) == 448)
    #expect(BlockFloat.mxfp8.value(code: 0x87) == -7 * 0x1p-9)
  }

  @Test(arguments: QuantizedFixtures.names)
  func `codes, scales and biases give the golden weights`(_ name: String) throws {
    let matrix = try QuantizedFixtures.matrix(name)
    let golden = try #require(QuantizedFixtures.file).tensor(name + ".dense").floats()
    var row = [Float](repeating: 0, count: matrix.columns)
    for index in 0..<matrix.rows {
      row.withUnsafeMutableBufferPointer { buffer in
        if let start = buffer.baseAddress { matrix.dequantizedRow(index, into: start) }
      }
      let expected = golden[index * matrix.columns..<(index + 1) * matrix.columns]
      for (value, reference) in zip(row, expected) {
        // Affine weights are rounded once more or less; the others are exact.
        let tolerance = matrix.biases == nil ? 0 : 1e-6 * max(1, abs(reference))
        #expect(abs(value - reference) <= tolerance, "row \(index)")
      }
    }
  }
}
