/// Reading stored elements as float32, without rounding.

extension StoredTensor {
  /// All elements, row-major. The tensor must be of a floating-point type.
  public func floats() -> [Float] { floats(0..<elementCount) }

  /// The elements of `range`, counted row-major.
  public func floats(_ range: Range<Int>) -> [Float] {
    [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
      if let start = buffer.baseAddress { readFloats(range, into: start) }
      count = range.count
    }
  }

  /// Writes the elements of `range`, counted row-major, to `output`.
  public func readFloats(
    _ range: Range<Int>,
    into output: UnsafeMutablePointer<Float>  // (range.count)
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= elementCount, "\(name): \(range)")
    guard !range.isEmpty, let start = bytes.baseAddress else { return }
    let source = start + range.lowerBound * type.byteCount
    switch type {
    case .float32:
      output.withMemoryRebound(to: UInt8.self, capacity: range.count * 4) {
        UnsafeMutableRawPointer($0).copyMemory(from: source, byteCount: range.count * 4)
      }
    case .float16:
      for index in 0..<range.count {
        output[index] = float(
          halfBits: source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      }
    case .bfloat16:
      for index in 0..<range.count {
        let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        output[index] = Float(bitPattern: UInt32(bits) << 16)
      }
    case .uint32, .uint8, .int32:
      preconditionFailure("\(name): elements of type \(type.name) are not numbers to compute with")
    }
  }

  /// All elements of an int32 tensor.
  public func integers() -> [Int32] {
    precondition(type == .int32, "\(name) is \(type.name)")
    return (0..<elementCount).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self) }
  }
}

/// A half-precision number from its bits, by moving the exponent: plain integer and float
/// arithmetic that vectorises on every CPU, where `Float(Float16)` is a call per element.
@inline(__always)
public func float(halfBits bits: UInt16) -> Float {
  let exponentShift = Float(bitPattern: (127 + 112) << 23)  // 2^112: from bias 15 to bias 127
  let magnitude = UInt32(bits & 0x7FFF) << 13
  let sign = UInt32(bits & 0x8000) << 16
  let value = (Float(bitPattern: magnitude) * exponentShift).bitPattern
  let isFinite = magnitude < 0x0F80_0000
  return Float(bitPattern: sign | (isFinite ? value : magnitude | 0x7F80_0000))
}
