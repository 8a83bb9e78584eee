import RowLoops

/// One row of logits, (vocabulary), and the passes over all of it that sampling needs.
///
/// A vocabulary has up to 260,000 entries and a step up to dozens of rows, so the passes are vector
/// loops and none sorts.
struct LogitRow {
  let values: UnsafeMutableBufferPointer<Float>

  subscript(id: Int32) -> Float {
    get { values[Int(id)] }
    nonmutating set { values[Int(id)] = newValue }
  }

  /// The largest values, of the whole row and of each run of `scanRun` entries.
  struct Scan {
    /// NaN if any value is.
    var maximum: Float
    var runMaxima: [Float]

    /// A value that at least `count` entries reach, and not many more: that many runs have one.
    func reached(by count: Int) -> Float? {
      count <= runMaxima.count ? Self.value(at: count - 1, of: runMaxima) : nil
    }

    /// The value that would stand there in descending order: Hoare's selection, since sorting
    /// hundreds of them takes as long as looking at the whole row.
    private static func value(at rank: Int, of values: [Float]) -> Float {
      var values = values
      var (low, high) = (0, values.count - 1)
      while low < high {
        let pivot = values[(low + high) / 2]
        var (left, right) = (low, high)
        while left <= right {
          while values[left] > pivot { left += 1 }
          while values[right] < pivot { right -= 1 }
          guard left <= right else { break }
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
        if rank > right && rank < left { break }
        if rank <= right { high = right } else { low = left }
      }
      return values[rank]
    }
  }

  static let scanRun = ROW_SCAN_RUN

  func scan() -> Scan {
    var isOrdered = true
    let runs = (values.count + Self.scanRun - 1) / Self.scanRun
    let maxima = [Float](unsafeUninitializedCapacity: runs) { maxima, count in
      isOrdered = row_scan(values.baseAddress, Int32(values.count), maxima.baseAddress) != 0
      count = runs
    }
    return Scan(maximum: isOrdered ? maxima.max() ?? -.infinity : .nan, runMaxima: maxima)
  }

  /// The lowest id that has the largest value.
  func mostLikely(_ scan: Scan) -> Int32? {
    guard let run = scan.runMaxima.firstIndex(of: scan.maximum) else { return nil }
    let first = run * Self.scanRun
    let range = first..<min(first + Self.scanRun, values.count)
    return range.first { values[$0] == scan.maximum }.map(Int32.init)
  }

  /// Some entries of a row: those whose exponent is at most that far from a centre.
  struct Region: Equatable {
    /// An exponent.
    var center: Float
    var edge: Float
    /// Of the entries at the edge itself, the ones up to this id belong to it.
    var lastTie: Int32

    static let everything = Region(center: 0, edge: .infinity, lastTie: .max)

    func contains(_ entry: Candidate) -> Bool {
      let distance = abs(entry.exponent - center)
      return distance < edge || distance == edge && entry.id <= lastTie
    }

    fileprivate func forC(from first: Int = 0) -> row_region {
      row_region(
        center: center, edge: edge, last_tie: Int32(clamping: Int(lastTie) - first))
    }
  }

  /// Sums over entries of weights `exp((value - maximum) * scale)`.
  struct Mass {
    var total = 0.0
    /// Of weight times exponent, for the entropy.
    var weightedExponents = 0.0
    /// Of the weights of each run of `massRun` entries, for drawing.
    var runs: [Double] = []
  }

  static let massRun = ROW_MASS_RUN

  func mass(of region: Region = .everything, maximum: Float, scale: Float) -> Mass {
    var mass = Mass()
    var region = region.forC()
    let runs = (values.count + Self.massRun - 1) / Self.massRun
    mass.runs = [Double](unsafeUninitializedCapacity: runs) { sums, count in
      mass.weightedExponents = row_mass(
        values.baseAddress, Int32(values.count), maximum, scale, &region, sums.baseAddress)
      count = runs
    }
    mass.total = mass.runs.reduce(0, +)
    return mass
  }

  static let histogramBins = ROW_BINS

  /// The weights of all entries, or their numbers, by distance from a centre: each bin is
  /// `1 / perUnit` wide, a power of two, and the last one takes the rest.
  func histogram(
    around center: Float, perUnit: Float, counts: Bool, maximum: Float, scale: Float
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: Self.histogramBins) { bins, count in
      row_histogram(
        values.baseAddress, Int32(values.count), maximum, scale, center, perUnit, counts ? 1 : 0,
        bins.baseAddress)
      count = Self.histogramBins
    }
  }

  /// The entries at those distances from a centre, by ascending id; nil if there are more than
  /// `limit`.
  func candidates(
    within distances: ClosedRange<Float>, of center: Float, limit: Int, scan: Scan, scale: Float
  ) -> [Candidate]? {
    var found: Int32 = 0
    let room = min(limit, values.count)
    let entries = [row_candidate](unsafeUninitializedCapacity: room) { entries, count in
      found = row_collect(
        values.baseAddress, Int32(values.count), scan.runMaxima, scan.maximum, scale, center,
        distances.lowerBound, distances.upperBound, entries.baseAddress, Int32(room))
      count = min(Int(found), room)
    }
    guard found <= room else { return nil }
    return entries.map { Candidate(id: $0.index, exponent: $0.exponent, weight: $0.weight) }
  }

  /// Inverts a region's distribution function: the entry at which the running sum of weights in
  /// order of id passes `target`.
  func draw(
    target: Double, from region: Region = .everything, mass: Mass, maximum: Float, scale: Float
  ) -> Int32? {
    // Rounding must not push it beyond the last entry.
    let target = min(target, mass.total.nextDown)
    var before = 0.0
    for (run, weight) in mass.runs.enumerated() {
      if before + weight > target {
        let first = run * Self.massRun
        let part = UnsafeMutableBufferPointer(
          rebasing: values[first..<min(first + Self.massRun, values.count)])
        var region = region.forC(from: first)
        let index = row_draw(
          part.baseAddress, Int32(part.count), maximum, scale, &region, target - before)
        return index < 0 ? nil : Int32(first) + index
      }
      before += weight
    }
    return nil
  }
}

/// An entry that is still in the draw.
struct Candidate {
  var id: Int32
  /// `(logit - maximum logit) / temperature`, 0 for the most likely.
  var exponent: Float
  /// Probability up to a factor.
  var weight: Double
}
