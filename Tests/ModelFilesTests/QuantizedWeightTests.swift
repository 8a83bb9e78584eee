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

  /// "affine-b4-g64-bfloat16", …
  static let affineNames: [String] = (file?.names ?? []).compactMap { name in
    name.hasPrefix("affine-") && name.hasSuffix(".weight") ? String(name.dropLast(7)) : nil
  }.sorted()

  static func matrix(_ name: String) throws -> WeightMatrix {
    let file = try #require(file)
    let parts = name.split(separator: "-")
    let bits = try #require(Int(parts[1].dropFirst()))
    let groupSize = try #require(Int(parts[2].dropFirst()))
    let scales = try file.tensor(name + ".scales")
    return WeightMatrix(
      path: name, rows: 20, columns: 256,
      format: .affine(bits: bits, groupSize: groupSize, scaleType: scales.type),
      weight: try file.tensor(name + ".weight"), scales: scales,
      biases: try file.tensor(name + ".biases"))
  }
}

@Suite struct QuantizedWeightTests {
  @Test func `all affine formats are among the golden matrices`() {
    #expect(QuantizedFixtures.affineNames.count >= 18)
  }

  @Test(arguments: QuantizedFixtures.affineNames)
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
        #expect(abs(value - reference) <= 1e-6 * max(1, abs(reference)), "row \(index)")
      }
    }
  }
}
