/// Counts measurements by size, as Prometheus does.
struct Histogram: Sendable {
  /// Upper bounds of the buckets, ascending; one more takes what is above.
  let bounds: [Double]
  private(set) var counts: [Int]
  private(set) var sum = 0.0

  init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func observe(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// The measurements up to each bound, and in the end all of them.
  var cumulative: [Int] {
    var total = 0
    return counts.map { count in
      total += count
      return total
    }
  }

  /// Bounds that grow by 1, 2, 5, 10 … from `first` to `last`.
  static func bounds(from first: Double, to last: Double) -> [Double] {
    var bounds: [Double] = []
    var decade = first
    while decade <= last {
      bounds += [1, 2, 5].map { $0 * decade }.filter { $0 <= last * 1.0001 }
      decade *= 10
    }
    return bounds
  }
}
