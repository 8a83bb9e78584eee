import Foundation
import TestSupport
import Testing

@testable import Runtime

/// The sampler against one that sorts everything, and its promises one by one.
struct SamplerTests {
  private func logits(_ count: Int, seed: Int, spread: Float = 6) -> [Float] {
    var random = SeededRandom(seed: UInt64(seed))
    return (0..<count).map { _ in
      let u = Float.random(in: -1...1, using: &random)
      return spread * u * u * u
    }
  }

  /// Chooses one token, and leaves the logits as they were.
  private func choose(_ sampler: inout Sampler, _ logits: [Float]) throws -> GeneratedToken {
    var copy = logits
    let token = try copy.withUnsafeMutableBufferPointer { values in
      try sampler.choose(from: LogitRow(values: values))
    }
    #expect(copy.elementsEqual(logits) { $0 == $1 || $0.isNaN && $1.isNaN })
    return token
  }

  /// What the filters leave over, with probabilities by id, for a draw in which XTC strikes.
  private func filtered(_ parameters: SamplingParameters, _ logits: [Float]) -> [Double] {
    var copy = logits
    return copy.withUnsafeMutableBufferPointer { values in
      let row = LogitRow(values: values)
      let scaled = ScaledRow(row: row, scan: row.scan(), scale: 1 / parameters.temperature)
      let survivors = scaled.survivors(parameters)
      var left = scaled.listed(survivors)
      if let xtc = parameters.xtc {
        let top = left.topChoices(atLeast: left.mass * Double(xtc.threshold))
        if case .region(let region) = survivors {
          #expect(scaled.topChoices(xtc.threshold, of: region) == top)
        }
        left.drop(top)
      }
      var probabilities = [Double](repeating: 0, count: logits.count)
      for entry in left.entries { probabilities[Int(entry.id)] = entry.weight / left.mass }
      return probabilities
    }
  }

  static let filters: [SamplingParameters] = {
    func make(_ change: (inout SamplingParameters) -> Void) -> SamplingParameters {
      var parameters = SamplingParameters()
      change(&parameters)
      return parameters
    }
    return [
      make { $0.topK = 1 }, make { $0.topK = 7 }, make { $0.topK = 300 },
      make { $0.topP = 0.01 }, make { $0.topP = 0.9 }, make { $0.topP = 0.999 },
      make { $0.minP = 0.1 }, make { $0.minP = 1 },
      make { $0.typicalP = 0.3 }, make { $0.typicalP = 0.95 },
      make { ($0.topK, $0.topP, $0.minP) = (40, 0.8, 0.05) },
      make { ($0.topK, $0.typicalP, $0.topP) = (40, 0.5, 0.8) },
      make { ($0.temperature, $0.topP) = (0.3, 0.95) },
      make { ($0.temperature, $0.topP) = (5, 0.95) },
      make { ($0.temperature, $0.topP, $0.typicalP) = (0.05, 0.95, 0.9) },
      make { ($0.topK, $0.topP, $0.minP) = (2200, 0.99, 0.001) },
      make { ($0.topP, $0.minP) = (0.97, 0.4) },
      make { ($0.typicalP, $0.topP, $0.minP) = (0.9, 0.9, 0.3) },
      make { ($0.temperature, $0.topP) = (300, 0.6) },
      make { $0.xtc = ExcludeTopChoices(probability: 1, threshold: 0.01) },
      make { ($0.topP, $0.xtc) = (0.9, ExcludeTopChoices(probability: 1, threshold: 0.05)) },
    ]
  }()

  @Test(arguments: filters)
  func `Filters leave what a full sort would leave`(_ parameters: SamplingParameters) {
    for seed in 0..<4 {
      for count in [1, 5, 48, 400] {
        let logits = logits(count, seed: seed, spread: seed % 2 == 0 ? 6 : 25)
        var naive = NaiveSampling(logits)
        let expected = naive.distribution(parameters, xtc: true)
        let found = filtered(parameters, logits)
        for id in logits.indices {
          #expect(abs(found[id] - expected[id]) < 2e-6, "\(parameters) \(count) \(id)")
        }
      }
    }
  }

  @Test(arguments: filters)
  func `Filters leave what a full sort would leave of thousands of likely tokens`(
    _ parameters: SamplingParameters
  ) {
    // Equal ones among them, which the ids tell apart.
    let logits = logits(2500, seed: 21, spread: 1).map { ($0 * 2048).rounded() / 2048 }
    var naive = NaiveSampling(logits)
    let expected = naive.distribution(parameters, xtc: true)
    let found = filtered(parameters, logits)
    #expect(found.count { $0 > 0 } == expected.count { $0 > 0 })
    #expect(logits.indices.allSatisfy { abs(found[$0] - expected[$0]) < 1e-7 })
  }

  @Test(arguments: [Float(1), 0.9, 0.2])
  func `A draw from thousands inverts their distribution function`(topP: Float) {
    let logits = logits(3000, seed: 5, spread: 1)
    var parameters = SamplingParameters()
    parameters.topP = topP
    var naive = NaiveSampling(logits)
    let expected = naive.distribution(parameters, xtc: false)
    var copy = logits
    copy.withUnsafeMutableBufferPointer { values in
      let row = LogitRow(values: values)
      let scaled = ScaledRow(row: row, scan: row.scan(), scale: 1)
      guard case .region(let region) = scaled.survivors(parameters) else {
        Issue.record("so many entries should be a region")
        return
      }
      for u in [0, 1e-9, 0.1, 0.31, 0.5, 0.77, 0.9999, 1.0.nextDown] {
        let id = Int(scaled.draw(u, from: region) ?? -1)
        let before = expected.prefix(max(id, 0)).reduce(0, +)
        #expect(expected[id] > 0)
        #expect(before <= u + 1e-6 && u - 1e-6 <= before + expected[id])
      }
    }
  }

  @Test func `Equal logits are told apart by the lower id`() throws {
    let logits = [Float](repeating: 2, count: 100)
    var greedy = Sampler(parameters: .greedy, prompt: [1])
    #expect(try choose(&greedy, logits).id == 0)
    var parameters = SamplingParameters()
    parameters.topK = 3
    let left = filtered(parameters, logits)
    #expect(left.indices.filter { left[$0] > 0 } == [0, 1, 2])
    parameters.topK = 0
    parameters.topP = 0.099
    #expect(filtered(parameters, logits).filter { $0 > 0 }.count == 10)
    // So many that they aren't listed.
    parameters.topP = 0.7
    let many = filtered(parameters, [Float](repeating: 2, count: 3_000))
    #expect(many.lastIndex { $0 > 0 } == 2099)
  }

  @Test(arguments: [0.4, 1.0, 2.5] as [Float], [Float(1), 0.9])
  func `Draws follow the distribution`(temperature: Float, topP: Float) throws {
    let logits = logits(20, seed: 3)
    var parameters = SamplingParameters()
    parameters.temperature = temperature
    parameters.topP = topP
    parameters.seed = 11
    var naive = NaiveSampling(logits)
    let expected = naive.distribution(parameters, xtc: false)
    var sampler = Sampler(parameters: parameters, prompt: [])
    var counts = [Int](repeating: 0, count: 20)
    let draws = 3_000
    for _ in 0..<draws { counts[Int(try choose(&sampler, logits).id)] += 1 }
    for id in logits.indices {
      let deviation = (expected[id] * (1 - expected[id]) / Double(draws)).squareRoot()
      #expect(abs(Double(counts[id]) / Double(draws) - expected[id]) <= 5 * deviation)
    }
  }

  @Test func `The same seed gives the same tokens, another seed others`() throws {
    func tokens(seed: UInt64?) throws -> [Int32] {
      var parameters = SamplingParameters()
      parameters.seed = seed
      var sampler = Sampler(parameters: parameters, prompt: [])
      return try (0..<20).map { try choose(&sampler, logits(200, seed: $0)).id }
    }
    #expect(try tokens(seed: 5) == tokens(seed: 5))
    #expect(try tokens(seed: 5) != tokens(seed: 6))
    #expect(try tokens(seed: nil) != tokens(seed: nil))
  }

  @Test func `Penalties and bias change the logits as defined`() throws {
    var random = SeededRandom(seed: 4)
    for window in [nil, 3, 9] {
      var parameters = SamplingParameters.greedy
      (parameters.repetitionPenalty, parameters.presencePenalty) = (1.3, 0.4)
      (parameters.frequencyPenalty, parameters.penaltyWindow) = (0.3, window)
      parameters.logitBias = [3: 2, 7: -100]
      let prompt = (0..<12).map { _ in Int32.random(in: 0..<30, using: &random) }
      var sampler = Sampler(parameters: parameters, prompt: prompt)
      var answer: [Int32] = []
      for seed in 0..<40 {
        let logits = logits(30, seed: seed, spread: 2)
        var naive = NaiveSampling(logits)
        naive.apply(parameters, prompt: prompt, answer: answer)
        let token = try choose(&sampler, logits).id
        let best = naive.logits.max() ?? 0
        #expect(abs(naive.logits[Int(token)] - best) < 1e-5)
        answer.append(token)
      }
    }
  }

  @Test func `Log-probabilities are those of the raw logits`() throws {
    let logits = logits(1000, seed: 8)
    var parameters = SamplingParameters()
    parameters.topLogprobs = 5
    parameters.temperature = 0.2
    parameters.logitBias = [17: 100]
    var sampler = Sampler(parameters: parameters, prompt: [])
    let token = try choose(&sampler, logits)
    #expect(token.id == 17)
    let logTotal = log(logits.reduce(0) { $0 + exp(Double($1)) })
    #expect(abs(Double(token.logprob ?? 0) - (Double(logits[17]) - logTotal)) < 1e-5)
    let order = logits.indices.sorted { logits[$0] > logits[$1] }
    #expect(token.top.map(\.id) == order.prefix(5).map { Int32($0) })
    for entry in token.top {
      #expect(abs(Double(entry.logprob) - (Double(logits[Int(entry.id)]) - logTotal)) < 1e-5)
    }
    parameters.topLogprobs = 0
    var single = Sampler(parameters: parameters, prompt: [])
    let alone = try choose(&single, logits)
    #expect(alone.top == [])
    #expect(alone.logprob == token.logprob)
  }

  @Test func `Logits that aren't numbers are an error, not a crash`() {
    for bad in [Float.nan, .infinity] {
      for place in [0, 15, 16, 99] {
        var logits = logits(100, seed: 1)
        logits[place] = bad
        var sampler = Sampler(parameters: SamplingParameters(), prompt: [])
        let error = #expect(throws: Sampler.Failure.self) { try choose(&sampler, logits) }
        #expect(error?.reason.contains("not finite") == true)
      }
    }
  }

  @Test func `If everything is ruled out, it says so`() {
    var sampler = Sampler(parameters: SamplingParameters(), prompt: [])
    sampler.ban([0, 1, 2])
    let error = #expect(throws: Sampler.Failure.self) { try choose(&sampler, [1, 2, 3]) }
    #expect(error?.reason.contains("no token is allowed") == true)
  }

  @Test func `Banned tokens are never chosen`() throws {
    var parameters = SamplingParameters()
    parameters.seed = 1
    var sampler = Sampler(parameters: parameters, prompt: [])
    sampler.ban([2])
    for _ in 0..<200 { #expect(try choose(&sampler, [0, 0, 9, 0]).id != 2) }
  }

  @Test func `Extreme parameters and logits still choose a likely token`() throws {
    var parameters = SamplingParameters()
    parameters.temperature = 1e-30
    var cold = Sampler(parameters: parameters, prompt: [])
    #expect(try choose(&cold, [1, 5, 3]).id == 1)
    parameters.temperature = .leastNonzeroMagnitude
    var coldest = Sampler(parameters: parameters, prompt: [])
    #expect(try choose(&coldest, [1, 5, 3]).id == 1)
    parameters.temperature = 1e30
    var hot = Sampler(parameters: parameters, prompt: [])
    #expect((0..<3).contains(try choose(&hot, [1, 5, 3]).id))
    parameters = SamplingParameters()
    parameters.topP = 1e-30
    var narrow = Sampler(parameters: parameters, prompt: [])
    #expect(try choose(&narrow, [-3e38, 3e38, -.infinity]).id == 1)
    var one = Sampler(parameters: SamplingParameters(), prompt: [])
    #expect(try choose(&one, [-5]).id == 0)
  }

  // MARK: DRY

  @Test func `DRY finds what would continue a repetition`() {
    let dry = DryPenalty(multiplier: 1, allowedLength: 2)
    #expect(dry.continuations(of: [1, 2, 3, 9, 1, 2]) == [3: 2])
    #expect(dry.continuations(of: [5, 1, 2, 3, 8, 5, 1, 2, 4, 7, 5, 1, 2]) == [3: 3, 4: 3])
    #expect(dry.continuations(of: [7, 7, 7, 7]) == [7: 3])
    #expect(dry.continuations(of: [1, 2, 3]) == [:])
    #expect(dry.continuations(of: []) == [:])
  }

  @Test func `DRY finds what a search of every place would find`() {
    var random = SeededRandom(seed: 12)
    for _ in 0..<300 {
      let count = Int.random(in: 0...40, using: &random)
      let text = (0..<count).map { _ in Int32.random(in: 0..<4, using: &random) }
      let dry = DryPenalty(
        multiplier: 1, allowedLength: Int.random(in: 1...4, using: &random),
        window: [nil, 5, 20].randomElement(using: &random) ?? nil,
        breakers: Bool.random(using: &random) ? [3] : [])
      #expect(dry.continuations(of: text) == naiveContinuations(dry, of: text), "\(dry) \(text)")
    }
  }

  /// Counts at each place how many tokens before it are those at the end.
  private func naiveContinuations(_ dry: DryPenalty, of history: [Int32]) -> [Int32: Int] {
    let text = Array(history.suffix(dry.window ?? history.count))
    var longest: [Int32: Int] = [:]
    for place in text.indices where !dry.breakers.contains(text[place]) {
      var length = 0
      while length < place, text[place - 1 - length] == text[text.count - 1 - length],
        !dry.breakers.contains(text[place - 1 - length])
      { length += 1 }
      guard length >= dry.allowedLength else { continue }
      longest[text[place]] = max(longest[text[place]] ?? 0, length)
    }
    return longest
  }

  @Test func `DRY doesn't look across a breaker or beyond its window`() {
    let text: [Int32] = [1, 2, 3, 9, 1, 2]
    #expect(DryPenalty(multiplier: 1, breakers: [1]).continuations(of: text) == [:])
    #expect(DryPenalty(multiplier: 1, breakers: [3]).continuations(of: text) == [:])
    #expect(DryPenalty(multiplier: 1, window: 5).continuations(of: text) == [:])
    #expect(DryPenalty(multiplier: 1, window: 6).continuations(of: text) == [3: 2])
  }

  @Test func `DRY's penalty grows with the length of the repetition`() throws {
    let dry = DryPenalty(multiplier: 0.5, base: 2, allowedLength: 2)
    #expect([2, 3, 5].map { dry.penalty(length: $0) } == [0.5, 1, 4])
    #expect(dry.penalty(length: 100_000).isFinite)
    var parameters = SamplingParameters.greedy
    parameters.dry = DryPenalty(multiplier: 50)
    var sampler = Sampler(parameters: parameters, prompt: [1, 2, 3, 9, 1, 2])
    #expect(try choose(&sampler, [0, 0, 0, 5, 4]).id == 4)
  }
}
