import ModelABI

/// A model that turns the rows of a step into logits, whatever backend computes them.
///
/// It owns its weights and scratch; the engine owns the pages and the logits. Results of a row may
/// depend on that row's own sequence alone, so sequences can share a step in any mixture.
public protocol LanguageModel: AnyObject, Sendable {
  /// Columns of the logits.
  var vocabulary: Int { get }
  /// Most rows of one step.
  var maximumRows: Int { get }
  /// Positions of one page of keys and values.
  var pagePositions: Int { get }
  /// Most positions of one sequence that the model was made for.
  var contextLimit: Int { get }
  /// Bytes of one page, all layers together.
  var pageBytes: Int { get }
  /// What computes, for logs and benchmarks: "compiled x86-64-v4, fast, 2 threads".
  var backend: String { get }
  /// What the model holds beside the pages, for the memory plan.
  var memory: ModelMemory { get }
  /// How long its steps take, where that was measured.
  var stepCost: StepCost? { get }

  /// Runs one step and returns when its logits are there. The caller fills in everything but
  /// `weights` and `scratch`. Called by one thread at a time, and always by the same one.
  func run(_ step: UnsafePointer<model_step>)

  /// Calls `body` with every number below `count`, on all threads that compute steps where they are
  /// to be had. Called between steps, by the thread that runs them.
  func forEach(_ count: Int, _ body: (Int) -> Void)
}

extension LanguageModel {
  public var stepCost: StepCost? { nil }

  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    for index in 0..<count { body(index) }
  }
}

/// Bytes that a model holds for as long as it lives.
public struct ModelMemory: Sendable, Equatable {
  /// Weights; mapped from a file where the backend can.
  public var weightBytes: Int
  public var scratchBytes: Int

  public init(weightBytes: Int, scratchBytes: Int) {
    self.weightBytes = weightBytes
    self.scratchBytes = scratchBytes
  }
}
