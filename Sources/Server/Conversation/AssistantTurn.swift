import JSON

/// What the model said in one turn of a conversation, gathered from the pieces in which an API sends
/// it back, and written as chat templates read it.
struct AssistantTurn: Sendable {
  var content = ""
  var reasoning: String?
  private(set) var calls: [JSON] = []

  var isEmpty: Bool { content.isEmpty && reasoning == nil && calls.isEmpty }

  mutating func append(reasoning text: String) { reasoning = (reasoning ?? "") + text }

  mutating func appendCall(id: String, name: String, arguments: JSON) {
    calls.append([
      "id": .string(id), "type": "function",
      "function": ["name": .string(name), "arguments": arguments],
    ])
  }

  var message: JSON {
    var message = JSONObject([
      (key: "role", value: "assistant"), (key: "content", value: .string(content)),
    ])
    if let reasoning { message["reasoning_content"] = .string(reasoning) }
    if !calls.isEmpty { message["tool_calls"] = .array(calls) }
    return .object(message)
  }
}

/// A conversation under construction, of turns that may come in pieces.
struct Transcript: Sendable {
  private var finished: [JSON] = []
  /// The model's turn that is being gathered.
  private var turn = AssistantTurn()
  private var names: [String: String] = [:]

  /// The messages, as chat templates read them.
  var messages: [JSON] { turn.isEmpty ? finished : finished + [turn.message] }

  mutating func append(role: String, _ text: String) {
    endTurn()
    finished.append(["role": .string(role), "content": .string(text)])
  }

  /// Text of a user; joined with what the same user just said, since templates want turns.
  mutating func append(user text: String) {
    endTurn()
    if let last = finished.last, last["role"] == "user", let before = last["content"]?.string {
      finished[finished.count - 1] = ["role": "user", "content": .string(before + "\n" + text)]
    } else {
      append(role: "user", text)
    }
  }

  /// The result of a call, with the name of the tool where the call came before it.
  mutating func append(result text: String, of id: String) {
    endTurn()
    var message = JSONObject([
      (key: "role", value: "tool"), (key: "content", value: .string(text)),
      (key: "tool_call_id", value: .string(id)),
    ])
    if let name = names[id] { message["name"] = .string(name) }
    finished.append(.object(message))
  }

  /// Text of the model. Behind its calls it belongs to them; otherwise two texts are two turns.
  mutating func append(answer text: String, joined: Bool = false) {
    if !turn.content.isEmpty, turn.calls.isEmpty, !joined { endTurn() }
    turn.content += text
  }

  mutating func append(reasoning text: String) {
    if !turn.content.isEmpty || !turn.calls.isEmpty { endTurn() }
    turn.append(reasoning: text)
  }

  mutating func appendCall(id: String, name: String, arguments: JSON) {
    names[id] = name
    turn.appendCall(id: id, name: name, arguments: arguments)
  }

  mutating func endTurn() {
    finished = messages
    turn = AssistantTurn()
  }
}
