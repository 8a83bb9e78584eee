import JSON

extension Usage {
  var json: JSON {
    [
      "prompt_tokens": .integer(promptTokens),
      "completion_tokens": .integer(completionTokens),
      "total_tokens": .integer(promptTokens + completionTokens),
      "prompt_tokens_details": ["cached_tokens": .integer(cachedTokens)],
      "completion_tokens_details": ["reasoning_tokens": .integer(reasoningTokens)],
    ]
  }
}

/// The fields that llama.cpp introduced and desktop clients show.
extension Timings {
  var json: JSON {
    guard let cacheMiss, var fields = commonFields.object else { return commonFields }
    fields["cache_miss"] = cacheMiss.json
    return .object(fields)
  }

  private var commonFields: JSON {
    [
      "cache_n": .integer(cachedTokens),
      "prompt_n": .integer(promptTokens),
      "prompt_ms": Self.rounded(promptSeconds * 1000),
      "prompt_per_second": Self.rate(promptTokens, promptSeconds),
      "predicted_n": .integer(generatedTokens),
      "predicted_ms": Self.rounded(generateSeconds * 1000),
      // The time starts at the first token, so it is that of one token less.
      "predicted_per_second": Self.rate(max(0, generatedTokens - 1), generateSeconds),
    ]
  }

  private static func rate(_ count: Int, _ seconds: Double) -> JSON {
    seconds > 0 ? rounded(Double(count) / seconds) : 0.0
  }

  /// To three places: microseconds, and more digits of a rate than a measurement has.
  private static func rounded(_ value: Double) -> JSON { .number((value * 1000).rounded() / 1000) }
}

extension CacheMiss {
  fileprivate var json: JSON {
    switch place {
    case .message(let number): ["token": .integer(token), "message": .integer(number)]
    case .tools: ["token": .integer(token), "message": .null, "tools": true]
    case nil: ["token": .integer(token), "message": .null]
    }
  }
}
