/// A sequence as the scheduler sees it: tokens, how many of them are computed, and its pages.
struct ScheduledSequence: Identifiable {
  /// Ascending in order of arrival.
  let id: Int
  /// The prompt, and what was generated so far.
  var tokens: [Int32]
  let promptLength: Int
  /// Leading tokens whose keys and values are in `pages`.
  var computed = 0
  /// Prompt tokens that were found in the prefix tree instead of computed.
  var cached = 0
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

  init(id: Int, prompt: [Int32], forced: [Int32] = []) {
    self.id = id
    self.tokens = prompt + forced
    self.promptLength = prompt.count
  }

  /// Its prompt is computed, so that its client waits for each further token. More than one of
  /// them is pending where some are known without asking the model.
  var isStreaming: Bool { pending == 1 || computed >= promptLength }

  /// Tokens still to be computed before the next one can be chosen; at least 1 while running.
  var pending: Int { tokens.count - computed }

  var lastNode: PrefixTree.NodeID { path.last ?? PrefixTree.none }
}
