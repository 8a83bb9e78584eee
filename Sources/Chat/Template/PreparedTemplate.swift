import JSON
import Jinja

/// A template together with the form in which it wants its messages.
struct PreparedTemplate: Sendable {
  let template: Template
  let preparation: MessagePreparation

  /// Finds out the template's habits by rendering probes with the model's special tokens.
  init(_ template: Template, specialTokens: JSONObject) {
    self.template = template
    let knows: (String) -> Bool = { text in
      template.literals.contains { $0.range(of: text) != nil }
    }
    var preparation = MessagePreparation(
      mapsDeveloperRole: !knows("developer"), shortensIDs: knows("length 9"))
    preparation.habits = TemplateHabits.detect { messages, habits in
      var probed = preparation
      probed.habits = habits
      var variables = specialTokens
      variables["messages"] = .array(try probed.prepare(messages))
      variables["tools"] = [TemplateProbe.tool]
      variables["documents"] = .null
      variables["add_generation_prompt"] = true
      return try template.render(variables)
    }
    self.preparation = preparation
  }
}
