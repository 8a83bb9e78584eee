/// A sequence as the scheduler sees it: tokens, how many of them are computed, and its pages.
struct ScheduledSequence: Identifiable {
  /// Ascending in order of arrival.
  let id: Int
  /// The prompt, and what was generated so far.
  var tokens: [Int32]
  let promptLength: Int
  /// Whom it is computed for.
  let client: String
  /// Every position of the prompt is computed, for the logits.
  let wantsPromptLogits: Bool
  /// Leading tokens whose keys and values are in `pages`.
  var computed = 0
  /// Prompt tokens that were found in the prefix tree instead of computed.
  var cached = 0
  /// The prompt's first token at which all that the prefix tree knew went on in another way; nil
  /// where it knew no other way.
  var divergence: Int?
  /// It gave up its pages once: what it finds again it has computed itself.
  var wasPreempted = false
  /// (pages) page of each run of positions.
  var pages: [Int32] = []
  /// The tree's nodes for the leading pages; every full page is one of them.
  var path: [PrefixTree.NodeID] = []
  /// When it last had rows, for fair turns.
  var lastStep = 0
  /// Waits for an older sequence that computes what it can share.
  var isFollowing = false

  /// Tokens that may come next, to be tried in the next step.
  var draft: [Int32] = []

  init(
    id: Int, prompt: [Int32], forced: [Int32] = [], client: String = "",
    wantsPromptLogits: Bool = false
  ) {
    self.id = id
    self.tokens = prompt + forced
    self.promptLength = prompt.count
    self.client = client
    self.wantsPromptLogits = wantsPromptLogits
  }

  /// How many of these positions have the token after them in the prompt, where that counts.
  func promptLogitRows(_ positions: Range<Int>) -> Int {
    wantsPromptLogits ? positions.clamped(to: 0..<promptLength - 1).count : 0
  }

  /// Tokens that have to be computed in all before its client hears of it again.
  var work: Int { isStreaming ? pending : promptLength - cached }

  /// Its prompt is computed, so that its client waits for each further token. More than one of
  /// them is pending where some are known without asking the model.
  var isStreaming: Bool { pending == 1 || computed >= promptLength }

  /// Tokens still to be computed before the next one can be chosen; at least 1 while running.
  var pending: Int { tokens.count - computed }

  var lastNode: PrefixTree.NodeID { path.last ?? PrefixTree.none }
}
