import Foundation

/// What the engine will use at most, known before it starts.
public struct MemoryPlan: Sendable, Equatable, CustomStringConvertible {
  public var pages: Int
  public var pagePositions: Int
  public var pageBytes: Int
  /// Rows of a step whose logits are kept beside one for each running sequence: for drafted tokens,
  /// or for those of prompts whose log-probabilities are wanted.
  public var extraLogitRows: Int
  /// Rows of a step that try out drafted tokens.
  public var draftRows: Int
  public var logitBytes: Int
  public var model: ModelMemory
  /// All that the draft model takes: weights, keys and values, scratch and logits.
  public var draftModelBytes: Int
  /// What whoever uses the engine takes for itself.
  public var reservedBytes: Int

  /// Bytes of all pages of keys and values.
  public var cacheBytes: Int { pages * pageBytes }
  public var totalBytes: Int { engineBytes + cacheBytes + reservedBytes }
  /// All that the engine takes but the pages.
  private var engineBytes: Int {
    model.weightBytes + model.scratchBytes + logitBytes + draftModelBytes
  }

  private static let mostExtraLogitRows = 16

  public init(
    model: any LanguageModel, draftModel: (any LanguageModel)? = nil,
    configuration: EngineConfiguration
  ) throws(EngineError) {
    try Self.check(configuration, model)
    if let draftModel, draftModel.vocabulary != model.vocabulary {
      throw .invalidConfiguration(
        "the draft model has a vocabulary of \(draftModel.vocabulary) tokens and the model one of"
          + " \(model.vocabulary): only a model with the same tokens can draft for it")
    }
    draftModelBytes = draftModel.map { DraftModel.bytes($0, configuration) } ?? 0
    pagePositions = model.pagePositions
    pageBytes = model.pageBytes
    extraLogitRows = max(1, min(Self.mostExtraLogitRows, model.maximumRows / 2))
    draftRows = configuration.drafting ? min(extraLogitRows, model.maximumRows / 2) : 0
    logitBytes = StepMemory.logitBytes(
      rows: configuration.parallel + extraLogitRows, vocabulary: model.vocabulary)
    self.model = model.memory
    let perContext = (configuration.contextSize + pagePositions - 1) / pagePositions
    // One page more than full contexts take, so that admission always finds one to grow into.
    pages = perContext * (configuration.parallel + 1) + 1
    reservedBytes = max(0, configuration.reservedBytes(configuration.memory))
    if let memory = configuration.memory {
      let free = memory - engineBytes - reservedBytes
      pages = min(max(free, 0) / pageBytes, Int(Int32.max))
      guard pages > perContext else {
        let least = Self.least(engineBytes + (perContext + 1) * pageBytes, configuration)
        throw .invalidConfiguration(
          "insufficient memory: \(megabytes(memory)) don't hold this model, one context of"
            + " \(configuration.contextSize) tokens, and \(megabytes(reservedBytes)) for all else;"
            + " allow \(least) bytes (\(megabytes(least))), or use a smaller context")
      }
    }
  }

  /// The least memory that holds so many bytes of the engine's and what is reserved of it.
  private static func least(_ bytes: Int, _ configuration: EngineConfiguration) -> Int {
    var least = bytes
    // What is reserved grows more slowly than the memory, so this comes to an end.
    for _ in 0..<64 {
      let needed = bytes + max(0, configuration.reservedBytes(least))
      if needed <= least { break }
      least = needed
    }
    return least
  }

  private static func check(_ configuration: EngineConfiguration, _ model: any LanguageModel)
    throws(EngineError)
  {
    guard configuration.contextSize >= 2 else {
      throw .invalidConfiguration("the context size must be at least 2 tokens")
    }
    guard configuration.contextSize <= model.contextLimit else {
      throw .invalidConfiguration(
        "the context size of \(configuration.contextSize) tokens is over the \(model.contextLimit)"
          + " that this model was made for")
    }
    guard (1...4096).contains(configuration.parallel), configuration.queueLimit >= 0 else {
      throw .invalidConfiguration(
        "between 1 and 4096 sequences can run in parallel, and the queue limit can't be negative")
    }
    guard model.pageBytes > 0, model.pagePositions > 0, model.maximumRows > 0 else {
      throw .invalidConfiguration("the model states pages or steps of no size")
    }
  }

  public var description: String {
    let positions = pages * pagePositions
    return """
      memory plan: \(megabytes(totalBytes)) at most
        weights          \(megabytes(model.weightBytes))
        keys and values  \(megabytes(cacheBytes)) for \(positions) tokens in \(pages) pages
        scratch, logits  \(megabytes(model.scratchBytes + logitBytes))
      """ + line("draft model     ", draftModelBytes) + line("all else        ", reservedBytes)
  }

  private func line(_ name: String, _ bytes: Int) -> String {
    bytes > 0 ? "\n  \(name) \(megabytes(bytes))" : ""
  }
}

private func megabytes(_ bytes: Int) -> String {
  String(format: "%.1f MB", Double(bytes) / 1e6)
}
