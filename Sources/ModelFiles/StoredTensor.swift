/// One tensor as it stands in a safetensors file: a view into the mapped file.
///
/// The bytes may start at any address, so elements are read with unaligned loads.
public struct StoredTensor: @unchecked Sendable {
  public let name: String
  public let type: ScalarType
  /// Outermost first.
  public let shape: [Int]
  /// Row-major elements, little-endian; valid as long as `owner` lives.
  public let bytes: UnsafeRawBufferPointer
  /// Keeps the mapping alive.
  let owner: AnyObject

  public init(
    name: String, type: ScalarType, shape: [Int], bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) {
    precondition(
      bytes.count == shape.reduce(type.byteCount, *), "\(name): \(shape) and bytes differ")
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = bytes
    self.owner = owner
  }

  public var elementCount: Int { shape.reduce(1, *) }

  /// "[320, 64] bfloat16", for messages and listings.
  public var summary: String { "\(shape) \(type.name)" }
}

/// Element types of safetensors files that models use.
public enum ScalarType: String, Sendable, CaseIterable {
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case uint32 = "U32"
  case uint8 = "U8"
  case int32 = "I32"

  public var byteCount: Int {
    switch self {
    case .float32, .uint32, .int32: 4
    case .float16, .bfloat16: 2
    case .uint8: 1
    }
  }

  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .float16, .bfloat16: true
    case .uint32, .uint8, .int32: false
    }
  }

  public var name: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .uint32: "uint32"
    case .uint8: "uint8"
    case .int32: "int32"
    }
  }
}

// MARK: - Tensors in memory

extension StoredTensor {
  /// A tensor that owns a copy of `bytes`, for weights that come from no file.
  public init(name: String, type: ScalarType, shape: [Int], bytes: [UInt8]) {
    let buffer = OwnedBuffer(bytes)
    self.init(name: name, type: type, shape: shape, bytes: buffer.bytes, owner: buffer)
  }

  /// A float32 tensor that owns a copy of `values`.
  public init(name: String, shape: [Int], values: [Float]) {
    self.init(
      name: name, type: .float32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
  }
}

/// Memory that a tensor from no file points into.
private final class OwnedBuffer {
  let bytes: UnsafeRawBufferPointer

  init(_ content: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 64)
    memory.copyBytes(from: content)
    bytes = UnsafeRawBufferPointer(memory)
  }

  deinit { bytes.deallocate() }
}
