import JSON
import Runtime

/// What a response repeats of the request that it answers.
struct ResponseEcho: Sendable {
  private let members: JSONObject

  init(_ fields: Fields, sampling: SamplingParameters, tools: ChatTools) {
    let request = fields.object
    func given(_ name: String, else value: JSON = .null) -> JSON {
      if let member = request[name], !member.isNull { member } else { value }
    }
    var members = JSONObject()
    for name in ["instructions", "max_output_tokens", "max_tool_calls"] {
      members[name] = given(name)
    }
    members["metadata"] = given("metadata", else: .object(JSONObject()))
    members["parallel_tool_calls"] = .bool(tools.parallel)
    for name in ["previous_response_id", "prompt_cache_key"] { members[name] = given(name) }
    let reasoning = given("reasoning")
    members["reasoning"] = [
      "effort": reasoning["effort"] ?? .null, "summary": reasoning["summary"] ?? .null,
    ]
    members["safety_identifier"] = given("safety_identifier")
    members["service_tier"] = "default"
    members["store"] = given("store", else: true)
    members["temperature"] = Self.number(sampling.temperature)
    members["text"] = [
      "format": given("text")["format"] ?? ["type": "text"],
      "verbosity": given("text")["verbosity"] ?? "medium",
    ]
    members["tool_choice"] = given("tool_choice", else: "auto")
    members["tools"] = .array((given("tools").array ?? []).map(Self.tool))
    members["top_logprobs"] = .integer(sampling.topLogprobs ?? 0)
    members["top_p"] = Self.number(sampling.topP)
    members["truncation"] = "disabled"
    members["user"] = given("user")
    self.members = members
  }

  /// Writes the members behind those that `response` has.
  func write(into response: inout JSONObject) {
    for (name, value) in members { response[name] = value }
  }

  /// A tool with every member that its type has.
  private static func tool(_ tool: JSON) -> JSON {
    [
      "type": "function", "name": tool["name"] ?? .null,
      "description": tool["description"] ?? .null, "parameters": tool["parameters"] ?? .null,
      "strict": tool["strict"] ?? false,
    ]
  }

  /// The shortest decimal that is this float: 0.7, not 0.699999988.
  private static func number(_ value: Float) -> JSON {
    .number(Double("\(value)") ?? Double(value))
  }

  /// Metadata holds strings, as the types of the API's clients demand.
  static func checkMetadata(_ field: Field) throws(APIError) {
    guard let metadata = try field.object() else { return }
    for name in metadata.object.keys {
      let value = Field(metadata.pathOf(String(name.prefix(64))), metadata.object[name])
      _ = try value.required(value.string())
    }
  }
}
