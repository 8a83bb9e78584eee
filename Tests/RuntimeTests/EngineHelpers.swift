import Foundation
import TestSupport
import Testing

@testable import Runtime

/// Everything that a stream carried.
struct CollectedOutput: Sendable {
  var prefill: [(done: Int, total: Int)] = []
  var promptTokens: [GeneratedToken] = []
  var tokens: [Int32] = []
  var result: GenerationResult?
  var failure: String?
  var ends = 0
}

func collect(_ stream: AsyncStream<GenerationEvent>) async -> CollectedOutput {
  var output = CollectedOutput()
  for await event in stream {
    switch event {
    case .prefill(let done, let total): output.prefill.append((done, total))
    case .promptTokens(let tokens): output.promptTokens += tokens
    case .token(let token): output.tokens.append(token.id)
    case .finished(let result):
      output.result = result
      output.ends += 1
    case .failed(let failure):
      output.failure = failure.reason
      output.ends += 1
    }
  }
  return output
}

/// What a hashed model answers greedily.
func greedyAnswer(_ model: ScriptedModel, _ prompt: [Int32], count: Int) -> [Int32] {
  var tokens = prompt
  for _ in 0..<count {
    tokens.append(SchedulerHarness.best(model.expectedLogits(after: tokens)))
  }
  return Array(tokens.dropFirst(prompt.count))
}

/// Waits for something that another thread will do soon.
func until(_ condition: () -> Bool) async throws {
  for _ in 0..<2000 where !condition() { try await Task.sleep(for: .milliseconds(5)) }
  #expect(condition())
}

extension Gate {
  /// Lets that many steps begin, and returns when they have.
  func letThrough(_ count: Int) async throws {
    allow(count)
    try await until { allowed == 0 }
  }
}
