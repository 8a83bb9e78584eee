import Foundation
import ModelFiles
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8]) throws -> TensorFiles {
    try TensorFiles(path: folder.write(bytes, to: "model.safetensors"))
  }

  private func refusal(_ bytes: [UInt8]) -> String {
    do {
      _ = try open(bytes)
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func `tensors are read from any byte and in any order`() throws {
    // Padding makes the data start at every alignment.
    for padding in 0..<8 {
      let header =
        "{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]},"
        + "\"a\":{\"shape\":[3],\"x\":[{}],\"dtype\":\"U8\",\"data_offsets\":[0,3]},"
        + "\"__metadata__\":{\"format\":\"mlx\"}}" + String(repeating: " ", count: padding)
      let values: [Float] = [1.5, -2]
      let file = try open(
        safetensors(header, data: [7, 8, 9] + values.withUnsafeBytes { Array($0) }))
      #expect(file.names == ["b", "a"])
      #expect(try file.tensor("b").floats() == values)
      #expect(try Array(file.tensor("a").bytes) == [7, 8, 9])
      #expect(file["c"] == nil)
    }
  }

  @Test func `every truncation of a file is refused`() throws {
    let whole = safetensors(zeros: [("a", [2, 3]), ("b", [4])])
    _ = try open(whole)
    for length in 0..<whole.count {
      #expect(refusal(Array(whole[..<length])).hasPrefix("model.safetensors: "), "\(length) bytes")
    }
  }

  @Test(arguments: [
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,16]}}", "don't lie in the file"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}}", "don't lie in the file"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", "takes 12 bytes"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}", "negative"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}", "integer"),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
      "too large"
    ),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "needs dtype, shape and two data_offsets"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "two data_offsets"),
    ("{\"a\":3}", "expected an object"),
    ("[]", "expected an object"),
    ("{\"a\":", "safetensors header"),
    ("{}{}", "unexpected text"),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}", "listed twice"
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", "a and b overlap"
    ),
    (
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"
        + "\"data_offsets\":[0,1]}}", "too many dimensions"
    ),
  ])
  func `a lying header is refused with its reason`(_ header: String, _ reason: String) {
    let message = refusal(safetensors(header, data: [UInt8](repeating: 0, count: 12)))
    #expect(message.hasPrefix("model.safetensors: "))
    #expect(message.contains(reason), "\(message)")
  }

  @Test func `a header longer than the file or the limit is refused before it is read`() {
    let lengths: [UInt64] = [1 << 20, 100_000_001, 1 << 62, .max, .max - 7]
    for length in lengths {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
      #expect(refusal(bytes).contains("states a header of \(length) bytes"))
    }
  }

  @Test func `deep nesting in a header ends in an error`() {
    let nested = String(repeating: "[", count: 100_000)
    #expect(refusal(safetensors("{\"a\":{\"x\":" + nested)).contains("nested too deeply"))
  }

  @Test func `an unknown element type matters only to who asks for the tensor`() throws {
    let file = try open(
      safetensors(
        "{\"a\":{\"dtype\":\"F8_E5M2\",\"shape\":[2],\"data_offsets\":[0,2]},"
          + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}", data: [1, 2, 3]))
    #expect(file.contains("a"))
    #expect(file["a"] == nil)
    #expect(try file.tensor("b").bytes[0] == 3)
    let error = #expect(throws: ModelError.self) { try file.tensor("a") }
    #expect(error?.description.contains("tensor a has elements of type F8_E5M2") == true)
  }

  @Test func `control characters of a name don't reach a message`() {
    let header = "{\"\\u001b[2J\\n\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,4]}}"
    let message = refusal(safetensors(header, data: [0, 0, 0, 0]))
    #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }

  @Test func `random damage ends in an error or in tensors inside the file`() throws {
    let whole = safetensors(zeros: [("a", [2, 3]), ("model.b", [4]), ("c", [])])
    var random = SeededRandom(seed: 1)
    for _ in 0..<400 {
      var damaged = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let position = Int.random(in: 0..<min(damaged.count, 240), using: &random)
        damaged[position] = UInt8.random(in: 0...255, using: &random)
      }
      guard let file = try? open(damaged) else { continue }
      for name in file.names {
        guard let tensor = file[name] else { continue }
        #expect(tensor.bytes.count == tensor.shape.reduce(tensor.type.byteCount, *))
        #expect(tensor.bytes.reduce(0) { $0 ^ $1 } >= 0)
      }
    }
  }
}

@Suite struct FloatConversionTests {
  @Test func `every half-precision number becomes the same float`() {
    for bits in UInt16.min...UInt16.max {
      let expected = Float(Float16(bitPattern: bits))
      let converted = float(halfBits: bits)
      let same = expected.isNaN ? converted.isNaN : expected.bitPattern == converted.bitPattern
      if !same { Issue.record("bits \(bits): \(converted), expected \(expected)") }
    }
  }

  @Test func `bfloat16 and float32 elements are read by range`() {
    let half = StoredTensor(
      name: "x", type: .bfloat16, shape: [2, 2], bytes: [0x80, 0x3F, 0, 0x40, 0x40, 0x40, 0, 0xC0])
    #expect(half.floats() == [1, 2, 3, -2])
    #expect(half.floats(1..<3) == [2, 3])
    let single = StoredTensor(name: "x", shape: [3], values: [1, 2.5, -3])
    #expect(single.floats(1..<3) == [2.5, -3])
  }
}
