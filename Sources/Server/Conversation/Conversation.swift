import JSON
import Runtime

/// What is asked of the model, whatever API it came by: what to say to it, how to sample, and where
/// the answer ends. Each API's request is read into one of these, checked.
struct Conversation: Sendable {
  /// As the chat template reads them.
  var messages: [JSON]
  var tools = ChatTools()
  /// Variables for the chat template beside messages and tools.
  var templateVariables = JSONObject()
  var reasoningEffort: String?
  /// Whether a model that can't do as `reasoningEffort` says answers all the same.
  var reasoningIsHint = false
  /// Most tokens of thinking before the answer; nil for no limit.
  var thinkingBudget: Int?
  var sampling: SamplingParameters
  var limits = AnswerLimits()
  var stop: [String] = []
  /// The form of an answer that isn't calls.
  var form: AnswerForm?
}

/// Where an answer ends, beside the model's own end and the stop strings.
struct AnswerLimits: Sendable {
  var maximumTokens: Int?
  var minimumTokens = 0
  var ignoreEndOfSequence = false
  var stopTokens: Set<Int32> = []
}

/// What a request needs to know of the model that will answer it.
struct ModelTraits: Sendable {
  /// Sampling where the request says nothing.
  var sampling: SamplingParameters
  /// Token ids run from 0 to below this.
  var vocabulary: Int
  /// The tokens whose texts hold a text.
  var tokensContaining: @Sendable (String) -> Set<Int32> = { _ in [] }
}

extension Conversation {
  /// How many tokens an effort is worth, where the template has no word for it. More effort than
  /// these is thinking without a limit.
  static let effortBudgets = ["none": 0, "minimal": 512, "low": 1024, "medium": 4096]

  static let reasoningEfforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
}
