import JSON

/// Messages in the form that templates expect, as mlx-lm's server prepares them: text parts joined,
/// null content as "", arguments of tool calls as objects, reasoning under all of its names. Some
/// templates need it otherwise; `TemplateHabits` finds out.
struct MessagePreparation {
  var habits = TemplateHabits()
  /// Templates without a developer role take such a message for the system's.
  var mapsDeveloperRole = false
  /// Mistral's templates refuse ids of tool calls that aren't nine letters and digits.
  var shortensIDs = false

  func prepare(_ messages: [JSON]) throws -> [JSON] {
    try withReasoningAliases(
      messages.enumerated().map { try prepare($1, "messages[\($0)]") })
  }

  private func prepare(_ message: JSON, _ place: String) throws -> JSON {
    guard case .object(var object) = message else {
      throw ChatError("\(place) must be an object, not \(message.kind)")
    }
    object["content"] = try content(object["content"], place)
    if mapsDeveloperRole, object["role"]?.string == "developer" { object["role"] = "system" }
    if let calls = object["tool_calls"]?.array {
      object["tool_calls"] = .array(
        try calls.enumerated().map { try call($1, "\(place).tool_calls[\($0)]") })
    }
    if shortensIDs, let id = object["tool_call_id"]?.string {
      object["tool_call_id"] = .string(shortID(id))
    }
    return .object(object)
  }

  /// Parts are joined where all of them are text.
  private func content(_ content: JSON?, _ place: String) throws -> JSON {
    switch content {
    case nil, .some(.null): return shaped("")
    case .array(let parts)?:
      var text = ""
      for (index, part) in parts.enumerated() {
        guard let piece = part["text"]?.string ?? part.string else {
          let type = part["type"]?.string ?? part.kind
          throw ChatError(
            "\(place).content[\(index)] is of type \(type), and this model takes only text")
        }
        text += piece
      }
      return shaped(text)
    case .string(let text)?: return shaped(text)
    case let content?: return content
    }
  }

  private func shaped(_ text: String) -> JSON {
    habits.takesContentAsParts ? [["type": "text", "text": .string(text)]] : .string(text)
  }

  private func call(_ call: JSON, _ place: String) throws -> JSON {
    guard case .object(var object) = call else {
      throw ChatError("\(place) must be an object, not \(call.kind)")
    }
    if shortensIDs, let id = object["id"]?.string { object["id"] = .string(shortID(id)) }
    guard case .object(var function)? = object["function"] else { return .object(object) }
    function["arguments"] = arguments(function["arguments"])
    object["function"] = .object(function)
    return .object(object)
  }

  private func arguments(_ arguments: JSON?) -> JSON {
    let object = argumentsObject(arguments)
    if object.string != nil || !habits.takesArgumentsAsText { return object }
    return .string(object.text(style: .spaced))
  }

  private func argumentsObject(_ arguments: JSON?) -> JSON {
    switch arguments {
    case nil, .some(.null): return [:]
    case .string(let text)?:
      if trimmed(text).isEmpty { return [:] }
      // A model's own broken call, sent back as history, must not end its conversation.
      return lenientJSON(text) ?? .string(text)
    case let arguments?: return arguments
    }
  }

  /// An id of nine letters and digits that depends on the whole of another id.
  private func shortID(_ id: String) -> String {
    let isShort = id.utf8.count == 9 && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    if isShort { return id }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 36)
    return String((digits + "000000000").prefix(9))
  }
}
