/// Loops over float32 vectors. Sums are kept in lanes, since the compiler may not reorder them
/// itself; loops without sums are left to it.

private typealias Lanes = SIMD8<Float>
private let laneCount = Lanes.scalarCount

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

func dot(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, count: Int) -> Float {
  var first = Lanes()
  var second = Lanes()
  var index = 0
  while index + 2 * laneCount <= count {
    first += load(left + index) * load(right + index)
    second += load(left + index + laneCount) * load(right + index + laneCount)
    index += 2 * laneCount
  }
  var sum = (first + second).sum()
  while index < count {
    sum += left[index] * right[index]
    index += 1
  }
  return sum
}

func sum(_ input: UnsafePointer<Float>, count: Int) -> Float {
  var lanes = Lanes()
  var index = 0
  while index + laneCount <= count {
    lanes += load(input + index)
    index += laneCount
  }
  var sum = lanes.sum()
  while index < count {
    sum += input[index]
    index += 1
  }
  return sum
}

func maximum(_ input: UnsafePointer<Float>, count: Int) -> Float {
  var lanes = Lanes(repeating: -.infinity)
  var index = 0
  while index + laneCount <= count {
    let next = load(input + index)
    lanes = lanes.replacing(with: next, where: next .> lanes)
    index += laneCount
  }
  var result = lanes.max()
  while index < count {
    result = max(result, input[index])
    index += 1
  }
  return result
}

func addScaled(
  _ input: UnsafePointer<Float>, by factor: Float, to output: UnsafeMutablePointer<Float>,
  count: Int
) {
  for index in 0..<count { output[index] += input[index] * factor }
}

func scale(_ values: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
  for index in 0..<count { values[index] *= factor }
}

/// e to the power of x: 2 to a whole number times a polynomial for the rest (the coefficients of
/// Cephes' expf), within 2 units in the last place. Written so that a loop over it vectorises.
@inline(__always)
func exponential(_ x: Float) -> Float {
  let bounded = min(max(x, -87.3), 88.3)
  let roundToWhole: Float = 12_582_912  // 1.5 * 2^23: adding it leaves no fraction bits
  let shifted = bounded * 1.442_695_04 + roundToWhole
  let whole = shifted - roundToWhole
  let rest = bounded - whole * 0.693_359_375 + whole * 2.121_944_40e-4
  var polynomial: Float = 1.987_569_15e-4
  polynomial = polynomial * rest + 1.398_199_95e-3
  polynomial = polynomial * rest + 8.333_451_9e-3
  polynomial = polynomial * rest + 4.166_579_58e-2
  polynomial = polynomial * rest + 1.666_666_55e-1
  polynomial = polynomial * rest + 5.000_000_1e-1
  let value = polynomial * rest * rest + rest + 1
  let power = (shifted.bitPattern &- roundToWhole.bitPattern) &<< 23
  return Float(bitPattern: value.bitPattern &+ power)
}

/// Replaces scores by `e^(score - maximum)` and returns their sum.
func exponentials(
  _ scores: UnsafeMutablePointer<Float>, minus maximum: Float, count: Int
) -> Float {
  for index in 0..<count { scores[index] = exponential(scores[index] - maximum) }
  return sum(scores, count: count)
}
