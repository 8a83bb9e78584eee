/// When a place in the queue can be expected: as soon as the first of the running requests ends.
struct WaitEstimate {
  /// A running request: what is left of its prompt, what it has generated, and the most it may.
  struct Request {
    var promptLeft: Int
    var generated: Int
    var limit: Int
  }

  /// Tokens of an answer, before one has ended: few use all that they may have.
  private static let firstLength = 256.0

  /// How many tokens answers of late had; nil before the first one.
  private var typicalLength = StepPace.Average(memory: 8)

  mutating func requestEnded(generated: Int) {
    typicalLength.add(Double(generated))
  }

  /// Seconds until the first of them ends; 0 where there are none.
  func seconds(_ running: [Request], pace: StepPace) -> Double {
    let times = running.map { request in
      pace.secondsToEnd(
        prompt: request.promptLeft, tokens: tokensLeft(request), generating: running.count)
    }
    return times.min() ?? 0
  }

  /// As many as answers of late had, or half as many again for one that is longer already.
  private func tokensLeft(_ request: Request) -> Int {
    let most = max(request.limit - request.generated, 0)
    let typical = typicalLength.value ?? Self.firstLength
    let left = max(typical - Double(request.generated), typical / 2)
    return min(most, Int(left.rounded(.up)))
  }
}
