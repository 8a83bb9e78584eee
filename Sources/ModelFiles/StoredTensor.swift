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
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = bytes
    self.owner = owner
  }

  public var elementCount: Int { shape.reduce(1, *) }
}

/// Element types of safetensors files that models use.
public enum ScalarType: String, Sendable {
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
}
