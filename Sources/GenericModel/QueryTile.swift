import ModelGraph

/// Queries of several rows that share a head of keys and values, and their answers so far.
struct QueryTile {
  /// Rows times the query heads that share the keys.
  let queries: Int
  private let attention: Attention
  private let group: Int
  private let dimension: Int
  private let pagePositions: Int
  private let scaled: UnsafeMutablePointer<Float>  // (queries, dimension)
  private let sums: UnsafeMutablePointer<Float>  // (queries, dimension)
  private let weights: UnsafeMutablePointer<Float>  // (queries, pagePositions)
  private let maxima: UnsafeMutablePointer<Float>  // (queries)
  private let totals: UnsafeMutablePointer<Float>  // (queries)

  /// Score of a position that a query doesn't see: its weight vanishes beside any other.
  private static let hidden: Float = -1e30

  init(
    _ attention: Attention, rows: Int, pagePositions: Int, _ scratch: UnsafeMutablePointer<Float>
  ) {
    self.attention = attention
    self.pagePositions = pagePositions
    group = attention.heads / attention.keyValueHeads
    dimension = attention.headDimension
    queries = rows * group
    scaled = scratch
    sums = scaled + queries * dimension
    weights = sums + queries * dimension
    maxima = weights + queries * pagePositions
    totals = maxima + queries
    sums.update(repeating: 0, count: queries * dimension)
    maxima.update(repeating: Self.hidden, count: queries)
    totals.update(repeating: 0, count: queries)
  }

  func load(_ query: UnsafePointer<Float>, rows: Range<Int>, head: Int) {
    let width = group * dimension
    for (index, row) in rows.enumerated() {
      let source = query + (row * attention.heads + head * group) * dimension
      let target = scaled + index * width
      for channel in 0..<width { target[channel] = source[channel] * attention.scale }
    }
  }

  /// Weights become query · key for the first positions of a page.
  func scores(_ keys: UnsafePointer<Float>, count: Int, blas: BLAS) {
    blas.multiplyTransposed(
      scaled, keys, weights, inputRows: queries, rows: count, columns: dimension,
      outputStride: pagePositions)
  }

  /// Hides what lies after a row's own position or before its window.
  func mask(start: Int, count: Int, firstPosition: Int) {
    for query in 0..<queries {
      let position = firstPosition + query / group
      let row = weights + query * pagePositions
      let visibleEnd = max(0, min(count, position + 1 - start))
      for index in visibleEnd..<count { row[index] = Self.hidden }
      guard let window = attention.window else { continue }
      let visibleStart = max(0, min(count, position - window + 1 - start))
      for index in 0..<visibleStart { row[index] = Self.hidden }
    }
  }

  /// Adds a page's values by their weights; what was added before is scaled to the new maximum.
  func accumulate(_ values: UnsafePointer<Float>, count: Int, blas: BLAS) {
    for query in 0..<queries {
      let row = weights + query * pagePositions
      let highest = max(maxima[query], maximum(row, count: count))
      let correction = exponential(maxima[query] - highest)
      maxima[query] = highest
      totals[query] = totals[query] * correction + exponentials(row, minus: highest, count: count)
      if correction != 1 {
        scale(sums + query * dimension, by: correction, count: dimension)
      }
    }
    blas.addProduct(
      weights, values, sums, inputRows: queries, inner: count, columns: dimension,
      inputStride: pagePositions)
  }

  func finish(_ output: UnsafeMutablePointer<Float>, rows: Range<Int>, head: Int) {
    let width = group * dimension
    for (index, row) in rows.enumerated() {
      let target = output + (row * attention.heads + head * group) * dimension
      for channel in 0..<width {
        let query = index * group + channel / dimension
        target[channel] = sums[index * width + channel] / totals[query]
      }
    }
  }
}
