import Foundation
import ModelABI

/// A model without weights, for tests of everything above it.
///
/// Its logits are a pure function of the tokens of a sequence, but it knows earlier tokens only
/// from its pages, into which it writes what it is given. So a page that is shared, copied, evicted
/// or handed out wrongly shows: in `violations`, and in different answers.
public final class ScriptedModel: LanguageModel {
  /// How a step looked.
  public struct StepRecord: Sendable, Equatable {
    public struct Row: Sendable, Equatable {
      public var token: Int32
      public var position: Int
      public var sequence: Int
    }

    public var rows: [Row]
    /// (sequences) the pages that hold each sequence's positions so far.
    public var pageTables: [[Int32]]
    /// Rows whose logits were wanted.
    public var logitIndices: [Int]
  }

  /// In a script: here the model breaks down and its logits are not numbers.
  public static let notANumber = Int32.min

  public let vocabulary: Int
  public let maximumRows: Int
  public let pagePositions: Int
  public let contextLimit: Int
  public var pageBytes: Int { (pagePositions * MemoryLayout<Entry>.stride + 63) / 64 * 64 }
  public var backend: String { "scripted" }
  public var memory: ModelMemory { ModelMemory(weightBytes: 0, scratchBytes: 0) }

  private let answer: Answer
  private let beforeStep: @Sendable (_ rows: Int) -> Void
  private let recordLimit: Int
  private let records = Locked<[StepRecord]>([])
  private let complaints = Locked<[String]>([])
  private let scripts = Locked<[[Int32]: [Int32]]>([:])

  private enum Answer {
    case hashed
    case scripted(@Sendable (_ prompt: [Int32]) -> [Int32], end: Int32)
  }

  /// A model whose logits look random but depend on the sequence's tokens alone: see
  /// `expectedLogits`.
  public init(
    vocabulary: Int = 64, maximumRows: Int = 16, pagePositions: Int = 4, contextLimit: Int = 4096,
    recordLimit: Int = 0, beforeStep: @escaping @Sendable (_ rows: Int) -> Void = { _ in }
  ) {
    self.vocabulary = vocabulary
    self.maximumRows = maximumRows
    self.pagePositions = pagePositions
    self.contextLimit = contextLimit
    self.recordLimit = recordLimit
    self.beforeStep = beforeStep
    answer = .hashed
  }

  /// A model that answers a prompt with the tokens that `respond` gives for it, then with
  /// `endOfSequence` for ever. The answer to a prompt must be the same whenever it is asked for.
  public init(
    vocabulary: Int, endOfSequence: Int32, maximumRows: Int = 64, pagePositions: Int = 16,
    contextLimit: Int = 1 << 20, recordLimit: Int = 0,
    beforeStep: @escaping @Sendable (_ rows: Int) -> Void = { _ in },
    respond: @escaping @Sendable (_ prompt: [Int32]) -> [Int32]
  ) {
    self.vocabulary = vocabulary
    self.maximumRows = maximumRows
    self.pagePositions = pagePositions
    self.contextLimit = contextLimit
    self.recordLimit = recordLimit
    self.beforeStep = beforeStep
    answer = .scripted(respond, end: endOfSequence)
  }

  /// A model that answers every prompt with the same tokens, then with `endOfSequence`.
  public convenience init(
    script: [Int32], vocabulary: Int, endOfSequence: Int32,
    beforeStep: @escaping @Sendable (_ rows: Int) -> Void = { _ in }
  ) {
    self.init(vocabulary: vocabulary, endOfSequence: endOfSequence, beforeStep: beforeStep) { _ in
      script
    }
  }

  /// The last `recordLimit` steps.
  public var steps: [StepRecord] { records.withLock { $0 } }

  /// What was wrong with the steps so far; empty is right.
  public var violations: [String] { complaints.withLock { $0 } }

  /// The logits after these tokens, as a hashed model gives them.
  public func expectedLogits(after tokens: [Int32]) -> [Float] {
    hashedLogits(tokens.reduce(Entry.rootHash, Entry.hash))
  }

  // MARK: Running

  public func run(_ step: UnsafePointer<model_step>) {
    let step = ScriptedStep(step.pointee, model: self)
    beforeStep(step.rowCount)
    record(step)
    for row in 0..<step.rowCount {
      store(row, step)
      follow(row, step)
    }
    for (index, row) in step.logitIndices.enumerated() { answer(row, into: index, step) }
  }

  private func complain(_ text: String) {
    complaints.withLock { if $0.count < 20 { $0.append(text) } }
  }

  private func record(_ step: ScriptedStep) {
    guard recordLimit > 0 else { return }
    records.withLock {
      $0.append(step.record)
      if $0.count > recordLimit { $0.removeFirst() }
    }
  }

  /// Writes a row's token into its page, after checking what the pages say of those before it.
  private func store(_ row: Int, _ step: ScriptedStep) {
    let (token, position) = (step.token(row), step.position(row))
    if token < 0 || token >= vocabulary { complain("token \(token) isn't in the vocabulary") }
    let continues = row > 0 && step.sequence(row - 1) == step.sequence(row)
    if continues, step.position(row - 1) + 1 != position {
      complain("positions \(step.position(row - 1)) and \(position) stand next to each other")
    }
    if !continues { check(row, step) }
    let previous = position > 0 ? step.entry(row, position - 1) : nil
    var entry = Entry(token: token, position: Int32(position))
    entry.hash = Entry.hash(previous?.hash ?? Entry.rootHash, token)
    step.write(entry, row)
  }

  /// Every earlier position must hold the right entry: its place, and the hash of all before it.
  private func check(_ row: Int, _ step: ScriptedStep) {
    var hash = Entry.rootHash
    for position in 0..<step.position(row) {
      let entry = step.entry(row, position)
      hash = Entry.hash(hash, entry.token)
      if entry.position != position || entry.hash != hash {
        complain("position \(position) of a sequence holds \(entry)")
        return
      }
    }
  }

  /// Keeps a sequence's place in its script over rows whose logits nobody wants: tokens that a
  /// constraint forces.
  private func follow(_ row: Int, _ step: ScriptedStep) {
    guard case .scripted(let respond, _) = answer else { return }
    let place = nextIndex(row, step, respond)
    guard place > 0 else { return }
    var entry = step.entry(row, step.position(row))
    entry.chosen = place + 1
    step.write(entry, row)
  }

  private func answer(_ row: Int, into index: Int, _ step: ScriptedStep) {
    var entry = step.entry(row, step.position(row))
    switch answer {
    case .hashed:
      step.writeLogits(hashedLogits(entry.hash), index)
    case .scripted(let respond, let end):
      entry.chosen = nextIndex(row, step, respond) + 1
      step.write(entry, row)
      let prompt = step.tokens(row, count: step.position(row) + 2 - Int(entry.chosen))
      let script = script(for: prompt, respond)
      let place = Int(entry.chosen) - 1
      step.writeLogits(logitsOf(place < script.count ? script[place] : end), index)
    }
  }

  /// How much of its script a sequence has been given: all that stands between its last position
  /// and the prompt before it.
  private func nextIndex(
    _ row: Int, _ step: ScriptedStep, _ respond: ([Int32]) -> [Int32]
  ) -> Int32 {
    let position = step.position(row)
    guard position > 0 else { return 0 }
    let previous = step.entry(row, position - 1)
    guard previous.chosen > 0 else { return 0 }
    let prompt = step.tokens(row, count: position + 1 - Int(previous.chosen))
    let script = script(for: prompt, respond)
    let place = Int(previous.chosen) - 1
    return place < script.count && script[place] == step.token(row) ? previous.chosen : 0
  }

  /// What `respond` says to a prompt, asked once for as long as few others come between.
  private func script(for prompt: [Int32], _ respond: ([Int32]) -> [Int32]) -> [Int32] {
    if let known = scripts.withLock({ $0[prompt] }) { return known }
    let script = respond(prompt)
    scripts.withLock {
      if $0.count == 32 { $0.removeAll() }
      $0[prompt] = script
    }
    return script
  }

  /// Logits that leave no doubt about a token.
  private func logitsOf(_ token: Int32) -> [Float] {
    var logits = [Float](repeating: -10, count: vocabulary)
    if token == Self.notANumber {
      logits[0] = .nan
    } else if token >= 0, token < vocabulary {
      logits[Int(token)] = 10
    } else {
      complain("the script's token \(token) isn't in the vocabulary")
    }
    return logits
  }

  private func hashedLogits(_ hash: UInt64) -> [Float] {
    (0..<vocabulary).map { index in
      let bits = Entry.hash(hash, Int32(truncatingIfNeeded: index) ^ 0x5555)
      return Float(bits >> 40) * 0x1p-24 * 8
    }
  }
}
