import JSON
import Runtime

/// Reads the fields that decide how the next token is chosen.
enum SamplingFields {
  /// One number of a request and the parameter it sets.
  private struct Entry: Sendable {
    let name: String
    let range: ClosedRange<Double>
    let set: @Sendable (inout SamplingParameters, Float) -> Void

    init(
      _ name: String, _ range: ClosedRange<Double>,
      _ set: @escaping @Sendable (inout SamplingParameters, Float) -> Void
    ) {
      self.name = name
      self.range = range
      self.set = set
    }
  }

  /// The API allows a share of 0, which leaves the likeliest token.
  private static let smallestShare = Float.leastNormalMagnitude

  private static let numbers: [Entry] = [
    Entry("temperature", 0...10) { $0.temperature = $1 },
    Entry("top_p", 0...1) { $0.topP = max($1, smallestShare) },
    Entry("min_p", 0...1) { $0.minP = $1 },
    Entry("typical_p", 0...1) { $0.typicalP = max($1, smallestShare) },
    Entry("presence_penalty", -2...2) { $0.presencePenalty = $1 },
    Entry("frequency_penalty", -2...2) { $0.frequencyPenalty = $1 },
    Entry("repetition_penalty", 0.01...10) { $0.repetitionPenalty = $1 },
    Entry("repeat_penalty", 0.01...10) { $0.repetitionPenalty = $1 },
  ]

  static func read(_ fields: Fields, traits: ModelTraits) throws(APIError) -> SamplingParameters {
    var sampling = traits.sampling
    for entry in numbers {
      if let number = try fields[entry.name].number(in: entry.range) {
        entry.set(&sampling, Float(number))
      }
    }
    if let k = try fields["top_k"].integer(in: -1...(.max)) { sampling.topK = max(0, k) }
    for name in ["repetition_context_size", "repeat_last_n"] {
      if let window = try fields[name].integer(in: -1...(.max)) {
        sampling.penaltyWindow = window < 0 ? nil : window
      }
    }
    if let seed = try fields["seed"].integer(in: .min...(.max)) {
      sampling.seed = UInt64(bitPattern: Int64(seed))
    }
    try SamplerFields.read(fields, into: &sampling, traits: traits)
    sampling.logitBias = try logitBias(fields["logit_bias"], vocabulary: traits.vocabulary)
    return sampling
  }

  /// `{"15": -100}`: token ids and what is added to their logits.
  private static func logitBias(_ field: Field, vocabulary: Int) throws(APIError)
    -> [Int32: Float]
  {
    guard let biases = try field.object() else { return [:] }
    var result: [Int32: Float] = [:]
    for (name, value) in biases.object {
      let bias = Field("\(field.path).\(name.prefix(20))", value)
      guard let id = Int32(name), id >= 0, id < vocabulary else {
        throw bias.refused("isn't a token id between 0 and \(vocabulary - 1)")
      }
      result[id] = Float(try bias.required(bias.number(in: -100...100)))
    }
    return result
  }

  /// The runners-up that a chat request wants with every token's log-probability.
  static func chatLogprobs(_ fields: Fields) throws(APIError) -> Int? {
    let top = try fields["top_logprobs"].integer(in: 0...20)
    guard try fields["logprobs"].bool() == true else {
      guard top == nil else { throw fields["top_logprobs"].refused("needs 'logprobs': true") }
      return nil
    }
    return top ?? 0
  }
}
