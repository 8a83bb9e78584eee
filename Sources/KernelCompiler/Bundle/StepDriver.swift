import Foundation
import ModelABI

/// Feeds steps to a model over pages of its own: as much of an engine as it takes to check or time
/// one. Every sequence has its own pages from the start.
public final class StepDriver {
  /// What a step asks of the memory around it.
  public struct Sizes {
    public let vocabulary: Int
    public let maximumRows: Int
    public let pagePositions: Int
    public let pageBytes: Int

    public init(vocabulary: Int, maximumRows: Int, pagePositions: Int, pageBytes: Int) {
      self.vocabulary = vocabulary
      self.maximumRows = maximumRows
      self.pagePositions = pagePositions
      self.pageBytes = pageBytes
    }
  }

  /// One token at one place of one sequence.
  public struct Row {
    public let token: Int32
    public let position: Int
    public let sequence: Int

    public init(token: Int32, position: Int, sequence: Int = 0) {
      self.token = token
      self.position = position
      self.sequence = sequence
    }
  }

  public let sizes: Sizes
  /// Bytes of the keys and values of all sequences.
  public var pageBytes: Int { sizes.pageBytes * pageNumbers.count }
  /// Where set, steps add what each kernel took: (kernels), in the order of the manifest's.
  public var kernelSeconds: UnsafeMutablePointer<Double>?
  /// `model_step.streams`; 0: as the model thinks best.
  var streams = 0
  private let run: (UnsafeMutablePointer<model_step>) -> Void
  private let pages: UnsafeMutableRawPointer
  /// Page numbers, one sequence after the other: (sequences, pages)
  private let pageNumbers: UnsafeMutableBufferPointer<Int32>
  /// (sequences) pointers into `pageNumbers`
  private let pageTables: UnsafeMutableBufferPointer<UnsafePointer<Int32>?>
  private let pagesPerSequence: Int
  /// (wanted rows, vocabulary); grows with what is asked for
  private var logits: UnsafeMutableBufferPointer<Float>

  /// For `sequences` sequences of up to `positions` positions each; `run` gets every step complete
  /// but for weights and scratch.
  public init(
    sizes: Sizes, sequences: Int, positions: Int,
    run: @escaping (UnsafeMutablePointer<model_step>) -> Void
  ) {
    self.sizes = sizes
    self.run = run
    pagesPerSequence = (positions + sizes.pagePositions - 1) / sizes.pagePositions
    pageNumbers = .allocate(capacity: pagesPerSequence * sequences)
    for index in pageNumbers.indices { pageNumbers[index] = Int32(index) }
    pageTables = .allocate(capacity: sequences)
    for index in pageTables.indices {
      let start = pageNumbers.baseAddress?.advanced(by: index * pagesPerSequence)
      pageTables.initializeElement(at: index, to: UnsafePointer(start))
    }
    pages = Self.allocatePages(bytes: max(sizes.pageBytes * pageNumbers.count, 64))
    logits = .allocate(capacity: sizes.vocabulary)
  }

  /// Zeroed, on huge pages where the system has them: a head's keys stand far apart.
  private static func allocatePages(bytes: Int) -> UnsafeMutableRawPointer {
    let hugePage = 2 << 20
    let pages = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: hugePage)
    #if os(Linux)
      madvise(pages, bytes, MADV_HUGEPAGE)
    #endif
    pages.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return pages
  }

  deinit {
    pageNumbers.deallocate()
    pageTables.deallocate()
    pages.deallocate()
    logits.deallocate()
  }

  /// Sets every byte of the pages, which others may have left behind.
  func fillPages(with byte: UInt8) { memset(pages, Int32(byte), pageBytes) }

  /// Gives a sequence the first `count` pages of another, in place of its own.
  func share(_ count: Int, of source: Int, with sequence: Int) {
    precondition(count <= pagesPerSequence)
    for page in 0..<count {
      pageNumbers[sequence * pagesPerSequence + page] =
        pageNumbers[source * pagesPerSequence + page]
    }
  }

  /// Runs one step. The logits of the wanted rows, (wanted, vocabulary), are valid until the next.
  @discardableResult
  public func step(_ rows: [Row], wanted: [Int]) -> UnsafeBufferPointer<Float> {
    precondition(!rows.isEmpty && rows.count <= sizes.maximumRows)
    let count = wanted.count * sizes.vocabulary
    if logits.count < count {
      logits.deallocate()
      logits = .allocate(capacity: count)
    }
    let tokens = rows.map(\.token)
    let positions = rows.map { Int32($0.position) }
    let sequences = rows.map { Int32($0.sequence) }
    let wantedRows = wanted.map { Int32($0) }
    withPointers(tokens, positions, sequences, wantedRows) { tokens, positions, sequences, wanted in
      var step = model_step()
      step.rows = Int32(rows.count)
      step.tokens = tokens
      step.positions = positions
      step.sequences = sequences
      step.page_tables = UnsafePointer(pageTables.baseAddress)
      step.logit_rows = Int32(wantedRows.count)
      step.logit_indices = wanted
      step.logits = logits.baseAddress
      step.pages = pages
      step.streams = Int32(streams)
      step.kernel_seconds = kernelSeconds
      run(&step)
    }
    return UnsafeBufferPointer(rebasing: logits[..<count])
  }

  /// Runs the tokens of one sequence from `position` on, in steps of at most `maximumRows`, and
  /// answers with the logits of the last row, or of all rows: (rows, vocabulary)
  public func prefill(
    _ tokens: ArraySlice<Int32>, sequence: Int = 0, position: Int = 0, allLogits: Bool = false
  ) -> [Float] {
    var answer: [Float] = []
    var done = 0
    while done < tokens.count {
      let count = min(sizes.maximumRows, tokens.count - done)
      let rows = (done..<done + count).map { offset in
        Row(
          token: tokens[tokens.startIndex + offset], position: position + offset,
          sequence: sequence)
      }
      done += count
      let isLast = done == tokens.count
      answer += step(rows, wanted: allLogits ? Array(0..<count) : isLast ? [count - 1] : [])
    }
    return answer
  }
}

private func withPointers(
  _ a: [Int32], _ b: [Int32], _ c: [Int32], _ d: [Int32],
  _ body: (
    UnsafePointer<Int32>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
  ) -> Void
) {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      c.withUnsafeBufferPointer { c in
        d.withUnsafeBufferPointer { d in
          body(a.baseAddress, b.baseAddress, c.baseAddress, d.baseAddress)
        }
      }
    }
  }
}
