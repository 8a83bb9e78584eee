/// One row of logits, (vocabulary), and the passes over all of it that sampling needs.
///
/// A vocabulary has up to 260,000 entries and a step up to dozens of rows, so each pass works on 16
/// entries at a time and none sorts.
struct LogitRow {
  let values: UnsafeMutableBufferPointer<Float>

  private typealias Lanes = SIMD16<Float>

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

  static let scanRun = 256

  func scan() -> Scan {
    var maxima: [Float] = []
    maxima.reserveCapacity(values.count / Self.scanRun + 1)
    var isOrdered = true
    for start in stride(from: 0, to: values.count, by: Self.scanRun) {
      var largest = Lanes(repeating: -.infinity)
      var unordered = SIMDMask<SIMD16<Int32>>(repeating: false)
      forEachBlock(start..<min(start + Self.scanRun, values.count), padding: -.infinity) {
        _, block in
        largest.replace(with: block, where: block .> largest)
        unordered .|= block .!= block
      }
      maxima.append(largest.max())
      isOrdered = isOrdered && !any(unordered)
    }
    let maximum = maxima.max() ?? -.infinity
    return Scan(maximum: isOrdered ? maximum : .nan, runMaxima: maxima)
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

  static let massRun = 4096

  func mass(maximum: Float, scale: Float) -> Mass {
    var mass = Mass()
    for start in stride(from: 0, to: values.count, by: Self.massRun) {
      var weights = Lanes(repeating: 0)
      var weighted = Lanes(repeating: 0)
      let end = min(start + Self.massRun, values.count)
      forEachBlock(start..<end, padding: -.infinity) { _, block in
        let exponents = Self.exponents(block, maximum: maximum, scale: scale)
        let blockWeights = exponential(exponents)
        weights += blockWeights
        weighted += blockWeights * exponents.replacing(with: 0, where: blockWeights .== 0)
      }
      mass.runs.append(Double(weights.sum()))
      mass.total += mass.runs[mass.runs.count - 1]
      mass.weightedExponents += Double(weighted.sum())
    }
    return mass
  }

  /// The entries with `bounds` around their exponent `(value - maximum) * scale`, by ascending id.
  func candidates(in bounds: ClosedRange<Float>, maximum: Float, scale: Float) -> [Candidate] {
    var found: [Candidate] = []
    forEachBlock(padding: .nan) { first, block in
      let exponents = Self.exponents(block, maximum: maximum, scale: scale)
      let inside = (exponents .>= bounds.lowerBound) .& (exponents .<= bounds.upperBound)
      guard any(inside) else { return }
      let weights = exponential(exponents)
      for lane in 0..<16 where inside[lane] {
        found.append(
          Candidate(
            id: Int32(first + lane), exponent: exponents[lane], weight: Double(weights[lane])))
      }
    }
    return found
  }

  /// Inverts the distribution function: the entry at which the running sum of weights in order of
  /// id passes `target`.
  func draw(target: Double, mass: Mass, maximum: Float, scale: Float) -> Int32? {
    var before = 0.0
    for (run, weight) in mass.runs.enumerated() {
      if before + weight > target {
        let first = run * Self.massRun
        return draw(
          first..<min(first + Self.massRun, values.count), target: target - before,
          maximum: maximum, scale: scale)
      }
      before += weight
    }
    return nil
  }

  private func draw(_ range: Range<Int>, target: Double, maximum: Float, scale: Float) -> Int32? {
    var sum = 0.0
    var last: Int32?
    for index in range where values[index] > -.infinity {
      let exponent = max((values[index] - maximum) * scale, smallestExponent)
      sum += Double(exponential(Lanes(repeating: exponent))[0])
      last = Int32(index)
      if sum > target { break }
    }
    return last
  }

  /// Exponents at which `exponential` stays a normal number; less likely entries count as 1e-38.
  private static func exponents(_ block: Lanes, maximum: Float, scale: Float) -> Lanes {
    let exponents = (block - maximum) * scale
    return exponents.replacing(
      with: smallestExponent, where: exponents .< smallestExponent .& (block .> -.infinity))
  }

  /// Calls `body` with each 16 entries and the index of the first, the last ones padded.
  @inline(__always)
  private func forEachBlock(
    _ range: Range<Int>? = nil, padding: Float, _ body: (Int, Lanes) -> Void
  ) {
    let range = range ?? 0..<values.count
    guard let base = UnsafeRawPointer(values.baseAddress) else { return }
    var index = range.lowerBound
    while index + 16 <= range.upperBound {
      body(index, base.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self))
      index += 16
    }
    guard index < range.upperBound else { return }
    var rest = Lanes(repeating: padding)
    for lane in 0..<range.upperBound - index { rest[lane] = values[index + lane] }
    body(index, rest)
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

/// exp of less is 0 in float32, or nearly.
private let smallestExponent: Float = -87

/// exp for exponents of -87 to 0, and 0 for minus infinity: 2^n times a polynomial, relative error
/// below 3e-7.
@inline(__always)
private func exponential(_ x: SIMD16<Float>) -> SIMD16<Float> {
  let toInteger = SIMD16<Float>(repeating: 0x1.8p23)
  let power = x * 1.442_695_04
  let shifted = power + toInteger
  let whole = shifted - toInteger
  // x - whole * ln 2, with ln 2 in two parts, is exact enough for the polynomial.
  let r = (x - whole * 0.693_359_375) + whole * 2.121_944_4e-4
  var series = r * 1.987_569_15e-4 + 1.398_199_95e-3
  series = series * r + 8.333_452e-3
  series = series * r + 4.166_579_6e-2
  series = series * r + 1.666_666_5e-1
  series = series * r + 5.000_000_1e-1
  series = series * r * r + r + 1
  let exponent = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23
  let scaled = unsafeBitCast(series, to: SIMD16<Int32>.self) &+ exponent
  return unsafeBitCast(scaled, to: SIMD16<Float>.self)
    .replacing(with: 0, where: x .< smallestExponent)
}
