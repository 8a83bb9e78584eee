import JSON

/// What a template wants otherwise than most do.
struct TemplateHabits: Sendable, Equatable {
  /// It puts the arguments of tool calls out as they are, so they must be JSON text already.
  var takesArgumentsAsText = false
  /// It goes through the parts of a message's content, and can't show a plain string.
  var takesContentAsParts = false

  /// Renders probes in the usual form, and in the other where that fails.
  static func detect(
    _ render: (_ messages: [JSON], _ habits: TemplateHabits) throws -> String
  ) -> TemplateHabits {
    var habits = TemplateHabits()
    func shows(_ messages: [JSON], _ wanted: String, _ habits: TemplateHabits) -> Bool {
      (try? render(messages, habits))?.range(of: wanted) != nil
    }
    let question = [TemplateProbe.user]
    let parts = TemplateHabits(takesContentAsParts: true)
    if !shows(question, "probe question", habits), shows(question, "probe question", parts) {
      habits = parts
    }
    let calls = [
      TemplateProbe.user,
      TemplateProbe.answer(calls: [TemplateProbe.call("probe_tool", id: "callprob1")]),
    ]
    var text = habits
    text.takesArgumentsAsText = true
    if (try? render(calls, habits))?.range(of: "{'key': 'value'}") != nil || fails(calls, habits),
      shows(calls, "{\"key\": \"value\"}", text)
    {
      habits = text
    }
    return habits

    func fails(_ messages: [JSON], _ habits: TemplateHabits) -> Bool {
      (try? render(messages, habits)) == nil
    }
  }
}
