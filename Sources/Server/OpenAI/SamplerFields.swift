import JSON
import Runtime

/// Reads the fields of DRY and XTC, in llama.cpp's words and with its defaults.
enum SamplerFields {
  static let table: [FieldTable.Entry] = [
    ("xtc_probability", .honoured),
    ("xtc_threshold", .honoured),
    ("dry_multiplier", .honoured),
    ("dry_base", .honoured),
    ("dry_allowed_length", .honoured),
    ("dry_penalty_last_n", .honoured),
    ("dry_sequence_breakers", .honoured),
  ]

  private static let mostBreakers = 16
  private static let longestBreaker = 40
  private static let breakers = ["\n", ":", "\"", "*"]

  static func read(
    _ fields: Fields, into sampling: inout SamplingParameters, traits: ModelTraits
  ) throws(APIError) {
    let probability = try fields["xtc_probability"].number(in: 0...1) ?? 0
    let threshold = try fields["xtc_threshold"].number(in: 0...1) ?? 0.1
    if probability > 0 {
      sampling.xtc = ExcludeTopChoices(
        probability: Float(probability), threshold: max(Float(threshold), .leastNormalMagnitude))
    }
    sampling.dry = try dry(fields, traits)
  }

  /// Nil where it is off.
  private static func dry(_ fields: Fields, _ traits: ModelTraits) throws(APIError) -> DryPenalty? {
    let multiplier = try fields["dry_multiplier"].number(in: 0...100) ?? 0
    let base = try fields["dry_base"].number(in: 1...100) ?? 1.75
    let length = try fields["dry_allowed_length"].integer(in: 1...(.max)) ?? 2
    let window = try fields["dry_penalty_last_n"].integer(in: -1...(.max)) ?? -1
    let breakers = try breakers(fields["dry_sequence_breakers"])
    guard multiplier > 0, window != 0 else { return nil }
    var tokens: Set<Int32> = []
    for (text, field) in breakers {
      let found = traits.tokensContaining(text)
      if let field, found.isEmpty { throw field.refused("stands in no single token of this model") }
      tokens.formUnion(found)
    }
    return DryPenalty(
      multiplier: Float(multiplier), base: Float(base), allowedLength: length,
      window: window < 0 ? nil : window, breakers: tokens)
  }

  /// The texts that no repetition reaches across, and where the request has them.
  private static func breakers(_ field: Field) throws(APIError) -> [(text: String, field: Field?)] {
    guard let elements = try field.array() else { return breakers.map { ($0, nil) } }
    guard elements.count <= mostBreakers else {
      throw field.refused("may hold \(mostBreakers) strings at most, not \(elements.count)")
    }
    var result: [(text: String, field: Field?)] = []
    for element in elements {
      let text = try element.required(element.string())
      guard (1...longestBreaker).contains(text.utf8.count) else {
        throw element.refused("must be between 1 and \(longestBreaker) bytes long")
      }
      result.append((text, element))
    }
    return result
  }
}
