import JSON

/// The four arrays in which completions give the log-probabilities of their tokens.
struct CompletionLogprobs: Sendable {
  /// A token as the arrays name it.
  struct Token: Sendable {
    var name: String
    /// Characters that begin in it.
    var characters: Int
  }

  private var tokens: [JSON] = []
  private var logprobs: [JSON] = []
  private var tops: [JSON] = []
  private var offsets: [JSON] = []
  /// Characters before the next token, in all chunks so far.
  private var offset = 0

  /// Adds the first token of an echoed prompt, of which nothing can be said.
  mutating func append(prompt token: Token) { append(token, logprob: .null, top: .null) }

  /// Adds a token as chat completions describe it.
  mutating func append(_ entry: JSON) {
    let token = Token(entry)
    let logprob = entry["logprob"] ?? .null
    var top = JSONObject()
    for runnerUp in entry["top_logprobs"]?.array ?? [] {
      let name = Token(runnerUp).name
      // Two tokens may be spelt alike; the likelier one comes first.
      if top[name] == nil { top[name] = runnerUp["logprob"] ?? .null }
    }
    if top[token.name] == nil { top[token.name] = logprob }
    append(token, logprob: logprob, top: .object(top))
  }

  private mutating func append(_ token: Token, logprob: JSON, top: JSON) {
    tokens.append(.string(token.name))
    logprobs.append(logprob)
    tops.append(top)
    offsets.append(.integer(offset))
    offset += token.characters
  }

  /// Forgets what was sent; offsets go on.
  mutating func clear() { (tokens, logprobs, tops, offsets) = ([], [], [], []) }

  var json: JSON {
    [
      "tokens": .array(tokens), "token_logprobs": .array(logprobs), "top_logprobs": .array(tops),
      "text_offset": .array(offsets),
    ]
  }
}

extension CompletionLogprobs.Token {
  /// From an entry of `LogprobWriter`.
  fileprivate init(_ entry: JSON) {
    self.init(bytes: (entry["bytes"]?.array ?? []).compactMap { $0.integer.flatMap(UInt8.init) })
  }

  /// A token that is no text by itself is named by its bytes, as OpenAI does.
  init(bytes: [UInt8]) {
    if let text = String(validating: bytes, as: UTF8.self) {
      name = text
    } else {
      name =
        "bytes:"
        + bytes.map { "\\x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        .joined()
    }
    characters = bytes.count { $0 & 0xC0 != 0x80 }
  }
}
