import Foundation
import ModelFiles

/// Seeded prompts and what exact mathematics answers to them: verify.safetensors of a bundle.
///
/// The prompts are written by the model itself, sampled from the exact logits at temperature 1, so
/// that the comparison is over the kind of text that the model is at home in.
struct VerificationSet: Equatable {
  static let fileName = "verify.safetensors"
  static let prompts = 8
  /// Tokens of a prompt, where the model's context allows that many.
  static let usualLength = 8

  /// (prompts, length)
  let tokens: [[Int32]]
  /// Which tokens of each prompt the logits belong to, ascending.
  let positions: [Int]
  /// (prompts, positions, vocabulary): the exact logits.
  let logits: [[[Float]]]

  /// Tokens of each prompt.
  var length: Int { tokens.first?.count ?? 0 }

  /// Every second token: all would make the file as large as a small model.
  static func positions(length: Int) -> [Int] {
    let every2nd = Array(stride(from: 1, to: length, by: 2))
    return every2nd.isEmpty ? [length - 1] : every2nd
  }

  /// Whether this belongs to a model with so many tokens.
  func check(vocabulary: Int) throws {
    let tokensFit = tokens.joined().allSatisfy { (0..<Int32(vocabulary)).contains($0) }
    guard tokensFit, logits.allSatisfy({ $0.allSatisfy { $0.count == vocabulary } }) else {
      throw CompilerError("\(Self.fileName) belongs to a model with another vocabulary")
    }
  }
}

// MARK: - Making it

extension VerificationSet {
  /// Lets an exact library write the prompts, all of them together, one token a step; `progress`
  /// hears the finished share.
  init(
    from runner: LibraryRunner, length: Int, firstToken: Int32?, progress: (Double) -> Void
  ) throws {
    let vocabulary = runner.vocabulary
    var random = SeededRandom(seed: 20)
    var tokens: [[Int32]] = (0..<Self.prompts).map { prompt in
      // The first prompt starts as texts do, the others anywhere.
      [prompt == 0 ? firstToken ?? 0 : Int32.random(in: 0..<Int32(vocabulary), using: &random)]
    }
    let positions = Self.positions(length: length)
    var logits = [[[Float]]](repeating: [], count: tokens.count)
    for position in 0..<length {
      let rows = tokens.enumerated().map { sequence, tokens in
        StepDriver.Row(token: tokens[position], position: position, sequence: sequence)
      }
      let answer = runner.driver.step(rows, wanted: Array(rows.indices))
      for prompt in tokens.indices {
        let row = Array(answer[prompt * vocabulary..<(prompt + 1) * vocabulary])
        guard row.allSatisfy(\.isFinite) else {
          throw CompilerError(
            "the exact logits of token \(position) are not finite numbers: some of the model's "
              + "weights aren't, or are far too large; download or convert it again")
        }
        if positions.contains(position) { logits[prompt].append(row) }
        if position + 1 < length { tokens[prompt].append(Self.sample(row, &random)) }
      }
      progress(Double(position + 1) / Double(length))
    }
    self.init(tokens: tokens, positions: positions, logits: logits)
  }

  /// Draws a token with the probabilities of softmax(logits).
  private static func sample(_ logits: [Float], _ random: inout SeededRandom) -> Int32 {
    let largest = logits.max() ?? 0
    let weights = logits.map { exp($0 - largest) }
    var rest = Float.random(in: 0..<1, using: &random) * weights.reduce(0, +)
    for (token, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return Int32(token) }
    }
    return Int32(weights.count - 1)
  }
}

// MARK: - Its file

extension VerificationSet {
  func write(to path: String) throws {
    let shape = [tokens.count, positions.count, logits[0][0].count]
    let file = SafetensorsWriter(tensors: [
      .init(name: "tokens", type: "I32", shape: [tokens.count, length], bytes: bytes(of: tokens)),
      .init(
        name: "positions", type: "I32", shape: [positions.count],
        bytes: bytes(of: [positions.map { Int32($0) }])),
      .init(name: "logits", type: "F32", shape: shape, bytes: bytes(of: logits.flatMap { $0 })),
    ])
    try file.write(to: path)
  }

  private func bytes<Element>(of rows: [[Element]]) -> [UInt8] {
    rows.flatMap { row in row.withUnsafeBytes { Array($0) } }
  }

  init(path: String) throws {
    let file = try TensorFiles(path: path)
    let tokens = try file.tensor("tokens")
    let positions = try file.tensor("positions")
    let logits = try file.tensor("logits")
    guard tokens.type == .int32, positions.type == .int32, logits.type == .float32,
      tokens.shape.count == 2, tokens.shape[0] > 0,
      logits.shape.count == 3, logits.shape[0] == tokens.shape[0],
      positions.shape == [logits.shape[1]], logits.shape[1] > 0, logits.shape[2] > 0
    else {
      throw CompilerError(
        "\(path): holds no tokens (prompts, length), positions and logits (prompts, positions, "
          + "vocabulary)")
    }
    let (prompts, length) = (tokens.shape[0], tokens.shape[1])
    let (count, vocabulary) = (logits.shape[1], logits.shape[2])
    self.positions = positions.integers().map(Int.init)
    guard self.positions.allSatisfy({ (0..<length).contains($0) }) else {
      throw CompilerError("\(path): positions are not those of \(length) tokens")
    }
    let ids = tokens.integers()
    self.tokens = (0..<prompts).map { Array(ids[$0 * length..<($0 + 1) * length]) }
    self.logits = (0..<prompts).map { prompt in
      (0..<count).map { index in
        let row = prompt * count + index
        return logits.floats(row * vocabulary..<(row + 1) * vocabulary)
      }
    }
  }
}
