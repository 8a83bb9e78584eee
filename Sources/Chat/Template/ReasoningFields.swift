import JSON

/// The names under which a message of the history may carry its reasoning, best first.
public let reasoningFields = ["reasoning_content", "thinking", "reasoning"]

/// The messages with their reasoning under the names that templates read, as transformers passes
/// them: `reasoning_content` always, `thinking` where it isn't set.
public func withReasoningAliases(_ messages: [JSON]) -> [JSON] {
  messages.map { message in
    guard case .object(let object) = message,
      let reasoning = reasoningFields.lazy.compactMap({ object[$0] }).first(where: { !$0.isNull })
    else { return message }
    var result = object
    if object["thinking"] == nil {
      result = JSONObject([(key: "thinking", value: reasoning)] + object.members)
    }
    result["reasoning_content"] = reasoning
    return .object(result)
  }
}
