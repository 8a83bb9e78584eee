import Foundation
import Runtime

/// How long choosing tokens takes: every sampler, for steps of eight streams.
///
///   sampling-bench [BUNDLE]
///
/// Printed are milliseconds per step between two steps of the model, by the shape of the
/// distribution: peaked, as trained models' are, and flat, as those of random weights. With a bundle,
/// also the share that this takes of that model's steps, peaked logits in place of its own.
@main
enum SamplingBench {
  typealias Change = @Sendable (inout SamplingParameters) -> Void

  static func main() async {
    prepareOpenMP()
    do {
      try await run(CommandLine.arguments.dropFirst().first.map(MadeUpModel.init(bundle:)))
    } catch {
      FileHandle.standardError.write(Data("sampling-bench: \(error)\n".utf8))
      exit(1)
    }
  }

  static let streams = 8
  static let tokens = 64

  static let samplers: [(name: String, change: Change)] = [
    ("greedy", { $0.temperature = 0 }),
    ("temperature 1", { _ in }),
    ("top_k 20", { $0.topK = 20 }),
    ("top_k 20000", { $0.topK = 20_000 }),
    ("top_p 0.9", { $0.topP = 0.9 }),
    ("min_p 0.05", { $0.minP = 0.05 }),
    ("typical_p 0.9", { $0.typicalP = 0.9 }),
    ("top_k 20, top_p 0.8, 0.7", { ($0.temperature, $0.topK, $0.topP) = (0.7, 20, 0.8) }),
    ("xtc 0.5, 0.1", { $0.xtc = ExcludeTopChoices(probability: 0.5, threshold: 0.1) }),
    ("dry 0.8", { $0.dry = DryPenalty(multiplier: 0.8) }),
    (
      "penalties",
      { ($0.repetitionPenalty, $0.presencePenalty, $0.frequencyPenalty) = (1.1, 0.5, 0.5) }
    ),
    (
      "logit_bias of 300", { $0.logitBias = .init(uniqueKeysWithValues: (0..<300).map { ($0, 1) }) }
    ),
    ("top_logprobs 20", { $0.topLogprobs = 20 }),
  ]

  /// Seconds between the model's steps, and inside of them.
  static func measure(
    _ model: MadeUpModel, _ change: Change
  ) async throws -> (sampling: Double, step: Double) {
    let engine = try Engine(
      model: model,
      configuration: EngineConfiguration(contextSize: 512, parallel: streams, drafting: false))
    try await answer(engine, change, tokens: 4)  // touches all memory
    let before = engine.status
    try await answer(engine, change, tokens: tokens)
    let after = engine.status
    await engine.shutdown(grace: .zero)
    let steps = Double(after.steps - before.steps)
    return (
      (after.samplingSeconds - before.samplingSeconds) / steps,
      (after.stepSeconds - before.stepSeconds) / steps
    )
  }

  static func answer(
    _ engine: Engine, _ change: Change, tokens: Int
  ) async throws {
    let answers = try (0..<streams).map { stream in
      var sampling = SamplingParameters()
      sampling.seed = UInt64(stream)
      change(&sampling)
      // A history to look back at.
      let prompt = (0..<128).map { Int32(($0 * 37 + stream * 1009) % 1000) }
      return try engine.generate(
        GenerationRequest(
          id: "\(stream)", prompt: prompt, sampling: sampling, maximumTokens: tokens))
    }
    for stream in answers { for await _ in stream {} }
  }

  static func run(_ model: MadeUpModel?) async throws {
    let shapes: [(name: String, logits: Logits)] = [("peaked", .peaked), ("flat", .flat)]
    let heads = shapes.map { $0.name + ", ms" } + (model?.inner == nil ? [] : ["share of a step"])
    print("| \(streams) streams |", heads.joined(separator: " | "), "|")
    print("|---" + String(repeating: "|---", count: heads.count) + "|")
    for (name, change) in samplers {
      var cells: [String] = []
      var share: Double?
      for shape in shapes {
        let rounds = try await (0..<3).asyncMap { _ in
          try await measure(MadeUpModel(shape.logits, around: model?.inner), change)
        }
        let median = rounds.sorted { $0.sampling < $1.sampling }[1]
        cells.append(String(format: "%.3f", median.sampling * 1e3))
        if share == nil { share = median.sampling / (median.sampling + median.step) }
      }
      if model?.inner != nil { cells.append(String(format: "%.1f %%", (share ?? 0) * 100)) }
      print("| \(name) |", cells.joined(separator: " | "), "|")
    }
  }
}

extension Sequence {
  func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
