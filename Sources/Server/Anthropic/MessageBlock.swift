import JSON

/// One block of an Anthropic message, as it grows.
enum MessageBlock: Sendable, Equatable {
  case text(String)
  case thinking(String)
  case toolUse(id: String, name: String, input: String)

  /// Blocks of thinking carry one, and clients send it back; there is nothing to sign here.
  private static let signature: JSON = "unsigned"

  var json: JSON {
    switch self {
    case .text(let text): ["type": "text", "text": .string(text)]
    case .thinking(let text):
      ["type": "thinking", "thinking": .string(text), "signature": Self.signature]
    case .toolUse(let id, let name, let input):
      [
        "type": "tool_use", "id": .string(id), "name": .string(name),
        "input": (try? JSON(parsing: input)) ?? .object(JSONObject()),
      ]
    }
  }

  /// The block as a stream begins it.
  var opening: JSON {
    switch self {
    case .text: ["type": "text", "text": ""]
    case .thinking: ["type": "thinking", "thinking": "", "signature": ""]
    case .toolUse(let id, let name, _):
      [
        "type": "tool_use", "id": .string(id), "name": .string(name),
        "input": .object(JSONObject()),
      ]
    }
  }

  /// What a stream adds at its end.
  var closing: JSON? {
    if case .thinking = self {
      ["type": "signature_delta", "signature": Self.signature]
    } else {
      nil
    }
  }
}
