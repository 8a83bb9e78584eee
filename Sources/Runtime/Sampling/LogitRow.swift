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
      count <= runMaxima.count ? runMaxima.sorted(by: >)[count - 1] : nil
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

  /// Sums over all entries of weights `exp((value - maximum) * scale)`.
  struct Mass {
    var total = 0.0
    /// Of weight times exponent, for the entropy.
    var weightedExponents = 0.0
    /// Of the weights of each run of `massRun` entries, for drawing.
    var runs: [Double] = []
  }

  static let massRun = ROW_MASS_RUN

  func mass(maximum: Float, scale: Float) -> Mass {
    var mass = Mass()
    let runs = (values.count + Self.massRun - 1) / Self.massRun
    mass.runs = [Double](unsafeUninitializedCapacity: runs) { sums, count in
      mass.weightedExponents = row_mass(
        values.baseAddress, Int32(values.count), maximum, scale, sums.baseAddress)
      count = runs
    }
    mass.total = mass.runs.reduce(0, +)
    return mass
  }

  /// The entries with `bounds` around their exponent `(value - maximum) * scale`, by ascending id.
  func candidates(in bounds: ClosedRange<Float>, maximum: Float, scale: Float) -> [Candidate] {
    var room = 512
    while true {
      var found: Int32 = 0
      let entries = [row_candidate](unsafeUninitializedCapacity: room) { entries, count in
        found = row_collect(
          values.baseAddress, Int32(values.count), maximum, scale, bounds.lowerBound,
          bounds.upperBound, entries.baseAddress, Int32(room))
        count = min(Int(found), room)
      }
      if found <= room {
        return entries.map { Candidate(id: $0.index, exponent: $0.exponent, weight: $0.weight) }
      }
      room = Int(found)
    }
  }

  /// Inverts the distribution function: the entry at which the running sum of weights in order of
  /// id passes `target`.
  func draw(target: Double, mass: Mass, maximum: Float, scale: Float) -> Int32? {
    var before = 0.0
    for (run, weight) in mass.runs.enumerated() {
      if before + weight > target {
        let first = run * Self.massRun
        let part = UnsafeMutableBufferPointer(
          rebasing: values[first..<min(first + Self.massRun, values.count)])
        let index = row_draw(
          part.baseAddress, Int32(part.count), maximum, scale, target - before)
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
