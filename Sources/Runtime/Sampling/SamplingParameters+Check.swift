extension SamplingParameters {
  /// What is wrong with these parameters; nil for nothing.
  public var complaint: String? {
    let checks: [(Bool, String)] = [
      (temperature >= 0 && temperature.isFinite, "temperature must be 0 or more"),
      (topK >= 0, "top_k must be 0 (off) or more"),
      (topP > 0 && topP <= 1, "top_p must be over 0 and at most 1"),
      (minP >= 0 && minP <= 1, "min_p must be between 0 and 1"),
      (typicalP > 0 && typicalP <= 1, "typical_p must be over 0 and at most 1"),
      (repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition_penalty must be over 0"),
      (presencePenalty.isFinite, "presence_penalty must be a finite number"),
      (frequencyPenalty.isFinite, "frequency_penalty must be a finite number"),
      (penaltyWindow ?? 0 >= 0, "the penalty window can't be negative"),
      (logitBias.values.allSatisfy { $0 < .infinity }, "logit_bias must hold finite numbers"),
      (topLogprobs ?? 0 >= 0, "top_logprobs can't be negative"),
    ]
    return checks.first { !$0.0 }?.1 ?? xtc?.complaint ?? dry?.complaint
  }
}

extension ExcludeTopChoices {
  fileprivate var complaint: String? {
    if !(0...1).contains(probability) { return "xtc_probability must be between 0 and 1" }
    return threshold > 0 && threshold <= 1 ? nil : "xtc_threshold must be over 0 and at most 1"
  }
}

extension DryPenalty {
  fileprivate var complaint: String? {
    if !(multiplier >= 0 && multiplier.isFinite) { return "dry_multiplier must be 0 or more" }
    if !(base >= 1 && base.isFinite) { return "dry_base must be 1 or more" }
    if allowedLength < 1 { return "dry_allowed_length must be 1 or more" }
    return window ?? 0 >= 0 ? nil : "dry_penalty_last_n can't be negative"
  }
}
