import ModelABI

/// Feeds one sequence to anything that takes a `model_step` and hands back all logits: for checks
/// and tests. Serving many sequences is the engine's work.
public final class SequenceRunner {
  private let vocabulary: Int
  private let maximumRows: Int
  private let pagePositions: Int
  private let weights: UnsafeRawPointer?
  private let runStep: (UnsafePointer<model_step>) -> Void
  private let pages: UnsafeMutableRawBufferPointer
  private let scratch: UnsafeMutableRawBufferPointer
  /// (pages) page numbers of the sequence, and the table of tables that a step wants.
  private let pageTable: UnsafeMutableBufferPointer<Int32>
  private let pageTables: UnsafeMutablePointer<UnsafePointer<Int32>?>
  /// (4, maximumRows) tokens, positions, sequences and logit indices of a step.
  private let rowNumbers: UnsafeMutablePointer<Int32>
  /// Positions fed so far.
  public private(set) var position = 0

  /// Memory for `positions` positions is taken at once; its pages are numbered backwards, so that
  /// nothing relies on their order.
  public init(
    vocabulary: Int, maximumRows: Int, pagePositions: Int, pageBytes: Int, scratchBytes: Int,
    positions: Int, weights: UnsafeRawPointer? = nil,
    run: @escaping (UnsafePointer<model_step>) -> Void
  ) {
    self.vocabulary = vocabulary
    self.maximumRows = maximumRows
    self.pagePositions = pagePositions
    self.weights = weights
    runStep = run
    let pageCount = max(1, (positions + pagePositions - 1) / pagePositions)
    pages = .allocate(byteCount: max(1, pageCount * pageBytes), alignment: 64)
    scratch = .allocate(byteCount: max(1, scratchBytes), alignment: 64)
    pageTable = .allocate(capacity: pageCount)
    _ = pageTable.initialize(from: (0..<Int32(pageCount)).reversed())
    pageTables = .allocate(capacity: 1)
    pageTables.initialize(to: pageTable.baseAddress.map { UnsafePointer($0) })
    rowNumbers = .allocate(capacity: 4 * maximumRows)
    rowNumbers.initialize(repeating: 0, count: 4 * maximumRows)
  }

  public convenience init(_ model: GenericModel, positions: Int) {
    self.init(
      vocabulary: model.vocabulary, maximumRows: model.maximumRows,
      pagePositions: model.pagePositions, pageBytes: model.pageBytes,
      scratchBytes: model.scratchBytes, positions: positions, run: model.run)
  }

  deinit {
    pages.deallocate()
    scratch.deallocate()
    pageTable.deallocate()
    pageTables.deallocate()
    rowNumbers.deallocate()
  }

  /// Starts the sequence again from its first position.
  public func reset() { position = 0 }

  /// Appends tokens in steps of at most `rows`; the logits of all of them, (tokens, vocabulary).
  public func append(_ tokens: [Int32], rows: Int? = nil) -> [Float] {
    var logits: [Float] = []
    for range in steps(tokens.count, rows) {
      logits += step(tokens[range], logitRows: range.count)
    }
    return logits
  }

  /// Appends tokens as a server does a prompt: the logits of the last one only, (vocabulary).
  public func appendPrompt(_ tokens: [Int32], rows: Int? = nil) -> [Float] {
    var logits: [Float] = []
    for range in steps(tokens.count, rows) {
      logits = step(tokens[range], logitRows: range.upperBound == tokens.count ? 1 : 0)
    }
    return logits
  }

  private func steps(_ count: Int, _ rows: Int?) -> [Range<Int>] {
    let size = max(1, min(rows ?? maximumRows, maximumRows))
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// One step, with logits of its last rows.
  private func step(_ tokens: ArraySlice<Int32>, logitRows: Int) -> [Float] {
    let count = tokens.count
    precondition(position + count <= pageTable.count * pagePositions, "the pages are full")
    for (row, token) in tokens.enumerated() {
      rowNumbers[row] = token
      rowNumbers[maximumRows + row] = Int32(position + row)
    }
    for index in 0..<logitRows {
      rowNumbers[3 * maximumRows + index] = Int32(count - logitRows + index)
    }
    position += count
    return [Float](unsafeUninitializedCapacity: logitRows * vocabulary) { logits, filled in
      var step = model_step()
      step.rows = Int32(count)
      step.tokens = UnsafePointer(rowNumbers)
      step.positions = UnsafePointer(rowNumbers + maximumRows)
      step.sequences = UnsafePointer(rowNumbers + 2 * maximumRows)
      step.page_tables = UnsafePointer(pageTables)
      step.logit_rows = Int32(logitRows)
      step.logit_indices = UnsafePointer(rowNumbers + 3 * maximumRows)
      step.logits = logits.baseAddress
      step.weights = weights
      step.pages = pages.baseAddress
      step.scratch = scratch.baseAddress
      runStep(&step)
      filled = logitRows * vocabulary
    }
  }
}
