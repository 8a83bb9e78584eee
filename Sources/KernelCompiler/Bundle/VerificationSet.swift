import Foundation
import ModelFiles

/// Seeded prompts and what exact mathematics answers to them: verify.safetensors of a bundle.
///
/// The prompts are written by the model itself, sampled from the exact logits at temperature 1, so
/// that the comparison is over the kind of text that the model is at home in.
struct VerificationSet {
  static let fileName = "verify.safetensors"
  static let prompts = 8
  /// Tokens of a prompt, where the model's context allows that many.
  static let usualLength = 16

  /// (prompts, length)
  let tokens: [[Int32]]
  /// (prompts, vocabulary): the exact logits behind the last token of each prompt.
  let logits: [[Float]]
}

/// Exact logits of every position: (prompts, length, vocabulary)
struct ReferenceLogits {
  let tokens: [[Int32]]
  let logits: [[[Float]]]

  var verificationSet: VerificationSet {
    VerificationSet(tokens: tokens, logits: logits.compactMap(\.last))
  }

  /// Lets an exact library write the prompts, all of them together, one token a step.
  init(from runner: LibraryRunner, length: Int, firstToken: Int32?) throws {
    let vocabulary = runner.vocabulary
    var random = SeededRandom(seed: 20)
    var tokens: [[Int32]] = (0..<VerificationSet.prompts).map { prompt in
      // The first prompt starts as texts do, the others anywhere.
      [prompt == 0 ? firstToken ?? 0 : Int32.random(in: 0..<Int32(vocabulary), using: &random)]
    }
    var logits = [[[Float]]](repeating: [], count: tokens.count)
    for position in 0..<length {
      let rows = tokens.enumerated().map { sequence, tokens in
        StepDriver.Row(token: tokens[position], position: position, sequence: sequence)
      }
      let answer = runner.driver.step(rows, wanted: Array(rows.indices))
      for prompt in tokens.indices {
        let row = Array(answer[prompt * vocabulary..<(prompt + 1) * vocabulary])
        guard row.allSatisfy(\.isFinite) else {
          throw CompilerError("the exact logits of token \(position) are not finite numbers")
        }
        logits[prompt].append(row)
        if position + 1 < length {
          tokens[prompt].append(Self.sample(row, &random))
        }
      }
    }
    self.tokens = tokens
    self.logits = logits
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

extension VerificationSet {
  func write(to path: String) throws {
    let vocabulary = logits[0].count
    let file = SafetensorsWriter(tensors: [
      .init(name: "tokens", type: "I32", shape: [tokens.count, length], bytes: bytes(of: tokens)),
      .init(
        name: "logits", type: "F32", shape: [tokens.count, vocabulary], bytes: bytes(of: logits)),
    ])
    try file.write(to: path)
  }

  private func bytes<Element>(of rows: [[Element]]) -> [UInt8] {
    rows.flatMap { row in row.withUnsafeBytes { Array($0) } }
  }

  init(path: String) throws {
    let file = try TensorFiles(path: path)
    let tokens = try file.tensor("tokens")
    let logits = try file.tensor("logits")
    guard tokens.type == .int32, logits.type == .float32, tokens.shape.count == 2,
      logits.shape.count == 2, logits.shape[0] == tokens.shape[0], tokens.shape[1] > 0
    else { throw CompilerError("\(path): holds no tokens (prompts, length) and their logits") }
    self.tokens = Self.rows(of: tokens)
    self.logits = Self.rows(of: logits)
  }

  /// Tokens of each prompt.
  var length: Int { tokens.first?.count ?? 0 }

  /// Whether this belongs to a model with so many tokens.
  func check(vocabulary: Int) throws {
    let tokensFit = tokens.joined().allSatisfy { (0..<Int32(vocabulary)).contains($0) }
    guard tokensFit, logits.allSatisfy({ $0.count == vocabulary }) else {
      throw CompilerError("\(Self.fileName) belongs to a model with another vocabulary")
    }
  }

  private static func rows<Element>(of tensor: StoredTensor) -> [[Element]] {
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    return (0..<rows).map { row in
      (0..<columns).map { column in
        let offset = (row * columns + column) * MemoryLayout<Element>.stride
        return tensor.bytes.loadUnaligned(fromByteOffset: offset, as: Element.self)
      }
    }
  }
}
