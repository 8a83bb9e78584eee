import Chat
import JSON
import Runtime
import Tokenizers

/// Writes the log-probability entries of the API: the token's text, its bytes, and the runners-up.
struct LogprobWriter: Sendable {
  let tokenizer: Tokenizer

  /// What the API shows for a token that can't happen.
  private static let floor: Float = -9999

  func entry(_ token: GeneratedToken) -> JSON {
    var entry = members(token.id, token.logprob ?? Self.floor)
    entry["top_logprobs"] = .array(token.top.map { .object(members($0.id, $0.logprob)) })
    return .object(entry)
  }

  /// A token by itself; bytes that are no text by themselves are replaced.
  static func text(of id: Int32, _ tokenizer: Tokenizer) -> String {
    String(decoding: tokenizer.bytes(of: id) ?? [], as: UTF8.self)
  }

  private func members(_ id: Int32, _ logprob: Float) -> JSONObject {
    let bytes = tokenizer.bytes(of: id) ?? []
    return JSONObject([
      (key: "token", value: .string(String(decoding: bytes, as: UTF8.self))),
      (key: "logprob", value: .number(Double(max(logprob, Self.floor)))),
      (key: "bytes", value: .array(bytes.map { .integer(Int($0)) })),
    ])
  }
}
