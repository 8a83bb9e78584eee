import ModelABI

/// The arrays of a `model_step`, filled anew for each step.
final class StepMemory {
  let logitRows: Int
  private let vocabulary: Int
  private let logits: LazyMemory  // (logitRows + 1, vocabulary)
  private var tokens: [Int32]  // (maximumRows)
  private var positions: [Int32]  // (maximumRows)
  private var sequences: [Int32]  // (maximumRows)
  private var logitIndices: [Int32] = []
  /// The page tables of the step's sequences, one after the other, and where each begins.
  private var pageNumbers: [Int32] = []
  private var tableStarts: [Int] = []

  init?(maximumRows: Int, logitRows: Int, vocabulary: Int) {
    let bytes = Self.logitBytes(rows: logitRows, vocabulary: vocabulary)
    guard let logits = LazyMemory(byteCount: bytes, inHugePages: true) else { return nil }
    self.logits = logits
    self.logitRows = logitRows
    self.vocabulary = vocabulary
    tokens = []
    positions = []
    sequences = []
    tokens.reserveCapacity(maximumRows)
    positions.reserveCapacity(maximumRows)
    sequences.reserveCapacity(maximumRows)
  }

  /// Bytes of that many rows of logits and the spare one.
  static func logitBytes(rows: Int, vocabulary: Int) -> Int {
    (rows + 1) * vocabulary * MemoryLayout<Float>.stride
  }

  /// The `index`-th row of logits that the last step wanted.
  func row(_ index: Int) -> LogitRow {
    precondition((0..<logitRows).contains(index))
    return anyRow(index)
  }

  /// A row that no step writes to, for a copy of another.
  var spareRow: LogitRow { anyRow(logitRows) }

  private func anyRow(_ index: Int) -> LogitRow {
    let start = logits.start.assumingMemoryBound(to: Float.self) + index * vocabulary
    return LogitRow(values: UnsafeMutableBufferPointer(start: start, count: vocabulary))
  }

  func clear() {
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    sequences.removeAll(keepingCapacity: true)
    logitIndices.removeAll(keepingCapacity: true)
    pageNumbers.removeAll(keepingCapacity: true)
    tableStarts.removeAll(keepingCapacity: true)
  }

  var rowCount: Int { tokens.count }

  func add(_ run: StepPlan.Run, of sequence: ScheduledSequence) {
    let known = run.positions.upperBound - run.drafted
    add(
      sequence.tokens[run.positions.lowerBound..<known] + sequence.draft.prefix(run.drafted),
      at: run.positions.lowerBound, pages: sequence.pages,
      firstLogitRows: run.promptLogitRows, logitRows: run.choiceRows)
  }

  /// Adds consecutive tokens of a sequence that begin at `position`; the logits of the first
  /// `firstLogitRows` and of the last `logitRows` of them are wanted.
  func add(
    _ newTokens: some Collection<Int32>, at position: Int, pages: some Collection<Int32>,
    firstLogitRows: Int = 0, logitRows: Int
  ) {
    let number = Int32(tableStarts.count)
    tableStarts.append(pageNumbers.count)
    pageNumbers.append(contentsOf: pages)
    let rows = tokens.count..<tokens.count + newTokens.count
    tokens.append(contentsOf: newTokens)
    for index in 0..<newTokens.count {
      positions.append(Int32(position + index))
      sequences.append(number)
    }
    for index in rows.prefix(firstLogitRows) { logitIndices.append(Int32(index)) }
    for index in rows.suffix(logitRows) { logitIndices.append(Int32(index)) }
  }

  /// Runs what was added.
  func run(on model: any LanguageModel, pages: PageMemory) {
    precondition(logitIndices.count <= logitRows)
    pageNumbers.withUnsafeBufferPointer { numbers in
      guard let first = numbers.baseAddress else { return }
      let tables: [UnsafePointer<Int32>?] = tableStarts.map { first + $0 }
      tables.withUnsafeBufferPointer { tables in
        run(on: model, tables: tables, pages: pages)
      }
    }
  }

  private func run(
    on model: any LanguageModel, tables: UnsafeBufferPointer<UnsafePointer<Int32>?>,
    pages: PageMemory
  ) {
    tokens.withUnsafeBufferPointer { tokens in
      positions.withUnsafeBufferPointer { positions in
        sequences.withUnsafeBufferPointer { sequences in
          logitIndices.withUnsafeBufferPointer { logitIndices in
            var step = model_step()
            step.rows = Int32(tokens.count)
            step.tokens = tokens.baseAddress
            step.positions = positions.baseAddress
            step.sequences = sequences.baseAddress
            step.page_tables = tables.baseAddress
            step.logit_rows = Int32(logitIndices.count)
            step.logit_indices = logitIndices.baseAddress
            step.logits = logits.start.assumingMemoryBound(to: Float.self)
            step.pages = pages.start
            model.run(&step)
          }
        }
      }
    }
  }
}
