import JSON

/// Measurements of one thing, told by their median and spread.
struct Samples {
  let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  var median: Double {
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  var minimum: Double { sorted.first ?? 0 }
  var maximum: Double { sorted.last ?? 0 }

  var json: JSON {
    ["median": .number(median), "minimum": .number(minimum), "maximum": .number(maximum)]
  }
}
