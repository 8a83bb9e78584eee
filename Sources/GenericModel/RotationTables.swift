import Foundation
import ModelGraph

/// Cosines and sines of a step's positions, worked out once for all operations that share them.
struct RotationTables: Sendable {
  /// Ropes of different frequencies.
  private let ropes: [Rope]
  private let maximumRows: Int
  /// Where each rope's table starts, in floats.
  private let starts: [Int]
  let floats: Int

  init(_ graph: Graph, maximumRows: Int) {
    var ropes: [Rope] = []
    for operation in graph.operations {
      guard case .rope(let rope) = operation.kind else { continue }
      if !ropes.contains(where: { Self.sameAngles($0, rope) }) { ropes.append(rope) }
    }
    self.ropes = ropes
    self.maximumRows = maximumRows
    var starts: [Int] = []
    var floats = 0
    for rope in ropes {
      starts.append(floats)
      floats += rope.rotatedChannels * maximumRows
    }
    self.starts = starts
    self.floats = floats
  }

  private static func sameAngles(_ left: Rope, _ right: Rope) -> Bool {
    left.inverseFrequencies == right.inverseFrequencies && left.magnitude == right.magnitude
      && left.dynamic == right.dynamic
  }

  /// (rows, rotated channels): cosines of a row's pairs, then their sines; magnitude included.
  func table(
    of rope: Rope, in memory: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    let index = ropes.firstIndex { Self.sameAngles($0, rope) } ?? 0
    return memory + starts[index]
  }

  func fill(_ memory: UnsafeMutablePointer<Float>, _ rows: StepRows) {
    for rope in ropes {
      let table = table(of: rope, in: memory)
      for row in 0..<rows.count {
        fill(table + row * rope.rotatedChannels, rope, position: Int(rows.positions[row]))
      }
    }
  }

  private func fill(_ table: UnsafeMutablePointer<Float>, _ rope: Rope, position: Int) {
    let pairs = rope.inverseFrequencies.count
    let frequencies = rope.frequencies(position: position)
    for pair in 0..<pairs {
      let angle = Double(position) * frequencies[pair]
      table[pair] = rope.magnitude * Float(cos(angle))
      table[pairs + pair] = rope.magnitude * Float(sin(angle))
    }
  }
}

extension Rope {
  /// (rotated channels / 2) radians per position, for a row at this position.
  fileprivate func frequencies(position: Int) -> [Double] {
    guard let dynamic, position + 1 > dynamic.limit else {
      return inverseFrequencies.map(Double.init)
    }
    let channels = Double(rotatedChannels)
    let factor = Double(dynamic.factor)
    let stretch = factor * Double(position + 1) / Double(dynamic.limit) - (factor - 1)
    let base = Double(dynamic.base) * pow(stretch, channels / (channels - 2))
    return inverseFrequencies.indices.map { pow(base, -Double(2 * $0) / channels) }
  }
}
