import ModelGraph

/// Causal attention of one step over the pages of one cache, page by page with a running maximum,
/// so that its memory doesn't grow with the context.
struct AttentionKernel {
  let attention: Attention
  let layout: PageLayout
  let blas: BLAS
  let pages: UnsafeMutablePointer<Float>
  let threads: Int
  /// (threads, scratchFloats)
  let scratch: UnsafeMutablePointer<Float>

  /// Rows that share one walk over the pages.
  private static let tileRows = 64
  /// From so many queries on, a library's product of matrices is faster than dot products.
  private static let matrixQueries = 16

  /// Floats of scratch that one thread needs.
  static func scratchFloats(_ attention: Attention, layout: PageLayout) -> Int {
    let queries = tileRows * (attention.heads / attention.keyValueHeads)
    return queries * (2 * attention.headDimension + layout.positions + 2)
  }

  /// Rows of one sequence and one head of keys and values: what a thread does at a time.
  private struct Item {
    let run: SequenceRun
    let rows: Range<Int>
    let head: Int
  }

  func run(
    query: UnsafePointer<Float>,  // (rows, heads * headDimension)
    key: UnsafePointer<Float>,  // (rows, keyValueHeads * headDimension)
    value: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>,  // (rows, heads * headDimension)
    _ rows: StepRows
  ) {
    store(key: key, value: value, rows)
    var items: [Item] = []
    for run in rows.runs {
      for start in stride(from: run.rows.lowerBound, to: run.rows.upperBound, by: Self.tileRows) {
        let tile = start..<min(start + Self.tileRows, run.rows.upperBound)
        items += (0..<attention.keyValueHeads).map { Item(run: run, rows: tile, head: $0) }
      }
    }
    let floats = Self.scratchFloats(attention, layout: layout)
    let useful = min(threads, items.count)
    blas.setThreads(1)
    inParallel(threads: useful) { thread in
      for index in stride(from: thread, to: items.count, by: useful) {
        attend(items[index], query, output, scratch + thread * floats)
      }
    }
    blas.setThreads(threads)
  }

  private func store(key: UnsafePointer<Float>, value: UnsafePointer<Float>, _ rows: StepRows) {
    let dimension = attention.headDimension
    for run in rows.runs {
      for row in run.rows {
        let position = run.position + row - run.rows.lowerBound
        let page = page(run, position / layout.positions)
        let slot = position % layout.positions * dimension
        for head in 0..<attention.keyValueHeads {
          let source = (row * attention.keyValueHeads + head) * dimension
          let keys = page + layout.keys(cache: attention.cache, head: head)
          let values = page + layout.values(cache: attention.cache, head: head)
          (keys + slot).update(from: key + source, count: dimension)
          (values + slot).update(from: value + source, count: dimension)
        }
      }
    }
  }

  private func page(_ run: SequenceRun, _ index: Int) -> UnsafeMutablePointer<Float> {
    pages + Int(run.pages[index]) * (layout.pageBytes / 4)
  }

  private func attend(
    _ item: Item, _ query: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let tile = QueryTile(attention, rows: item.rows.count, pagePositions: layout.positions, scratch)
    tile.load(query, rows: item.rows, head: item.head)
    let firstPosition = item.run.position + item.rows.lowerBound - item.run.rows.lowerBound
    let lastPosition = firstPosition + item.rows.count - 1
    let firstVisible = attention.window.map { max(0, firstPosition - $0 + 1) } ?? 0
    for index in firstVisible / layout.positions...lastPosition / layout.positions {
      let start = index * layout.positions
      let page = page(item.run, index)
      let count = min(layout.positions, lastPosition + 1 - start)
      tile.scores(
        page + layout.keys(cache: attention.cache, head: item.head), count: count,
        blas: tile.queries >= Self.matrixQueries ? blas : .plain)
      tile.mask(start: start, count: count, firstPosition: firstPosition)
      tile.accumulate(
        page + layout.values(cache: attention.cache, head: item.head), count: count,
        blas: tile.queries >= Self.matrixQueries ? blas : .plain)
    }
    tile.finish(output, rows: item.rows, head: item.head)
  }
}
