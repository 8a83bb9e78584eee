import JSON

/// Every field of an Anthropic message request that this server knows.
enum MessagesFields {
  /// What both counting and answering take.
  static let prompt = FieldTable([
    ("model", .honoured),
    ("messages", .honoured),
    ("system", .honoured),
    ("tools", .honoured),
    ("tool_choice", .honoured),
    ("thinking", .honoured),
    ("output_config", .honoured),
    ("context_management", .harmless(ContextEdits.check)),
    // Prompts are always cached, wherever they are the same from the beginning.
    ("cache_control", .harmless(FieldTable.object)),
    ("speed", .only(["standard"], reason: "there is one speed.")),
    ("user_profile_id", .harmless(FieldTable.text)),
    ("workspace_id", .harmless(FieldTable.text)),
    ("thread", .only([false], reason: "this server keeps no threads; send the whole history.")),
    ("mcp_servers", .only([[]], reason: "this server calls no tools itself.")),
  ])

  static let answer = FieldTable(
    prompt.entries + [
      ("max_tokens", .honoured),
      ("temperature", .honoured),
      ("top_p", .honoured),
      ("top_k", .honoured),
      ("stop_sequences", .honoured),
      ("stream", .honoured),
      ("metadata", .harmless(FieldTable.object)),
      ("diagnostics", .harmless(FieldTable.object)),
      (
        "service_tier",
        .only(["auto", "standard_only"], reason: "there is one service tier, 'standard'.")
      ),
      ("container", .refused("this server runs no code.")),
      ("inference_geo", .refused("the model runs where this server runs.")),
    ])
}

/// Edits of the conversation that a client asks the server to make.
private enum ContextEdits {
  /// Dropping the thinking of earlier turns is what chat templates do anyway; nothing else is done.
  static func check(_ field: Field) throws(APIError) {
    guard let management = try field.object() else { return }
    try management.refuseUnknown(known: ["edits"])
    for edit in try management["edits"].array() ?? [] {
      let type = try edit.required(edit.object())["type"]
      guard try type.required(type.string()).hasPrefix("clear_thinking_") else {
        throw .unsupportedValue(
          type.path, "this server leaves conversations as they are; shorten them in the client.")
      }
    }
  }
}
