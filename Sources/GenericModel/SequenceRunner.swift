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
  private let pageTable: [Int32]
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
    let pageCount = (positions + pagePositions - 1) / pagePositions
    pages = .allocate(byteCount: max(1, pageCount * pageBytes), alignment: 64)
    scratch = .allocate(byteCount: max(1, scratchBytes), alignment: 64)
    pageTable = (0..<Int32(pageCount)).reversed()
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
  }

  /// Starts the sequence again from its first position.
  public func reset() { position = 0 }

  /// Appends tokens in steps of at most `rows` and returns their logits, (tokens, vocabulary).
  public func append(_ tokens: [Int32], rows: Int? = nil) -> [Float] {
    let stepRows = min(rows ?? maximumRows, maximumRows)
    var logits = [Float](repeating: 0, count: tokens.count * vocabulary)
    for start in stride(from: 0, to: tokens.count, by: stepRows) {
      let end = min(start + stepRows, tokens.count)
      logits.withUnsafeMutableBufferPointer { buffer in
        guard let first = buffer.baseAddress else { return }
        step(Array(tokens[start..<end]), first + start * vocabulary)
      }
    }
    return logits
  }

  private func step(
    _ tokens: [Int32],
    _ logits: UnsafeMutablePointer<Float>  // (tokens, vocabulary)
  ) {
    let count = tokens.count
    precondition(position + count <= pageTable.count * pagePositions, "the pages are full")
    let positions = (0..<count).map { Int32(position + $0) }
    let sequences = [Int32](repeating: 0, count: count)
    let indices = (0..<count).map(Int32.init)
    pageTable.withUnsafeBufferPointer { table in
      withUnsafePointer(to: table.baseAddress) { tables in
        var step = model_step()
        step.rows = Int32(count)
        step.page_tables = tables
        step.logit_rows = Int32(count)
        step.logits = logits
        step.weights = weights
        step.pages = pages.baseAddress
        step.scratch = scratch.baseAddress
        tokens.withUnsafeBufferPointer { tokens in
          positions.withUnsafeBufferPointer { positions in
            sequences.withUnsafeBufferPointer { sequences in
              indices.withUnsafeBufferPointer { indices in
                step.tokens = tokens.baseAddress
                step.positions = positions.baseAddress
                step.sequences = sequences.baseAddress
                step.logit_indices = indices.baseAddress
                runStep(&step)
              }
            }
          }
        }
      }
    }
    position += count
  }
}
