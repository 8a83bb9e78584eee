import Foundation
import JSON

/// A small safetensors file, made in memory.
struct SafetensorsWriter {
  struct Tensor {
    let name: String
    /// As the format spells it: "F32".
    let type: String
    let shape: [Int]
    let bytes: [UInt8]
  }

  let tensors: [Tensor]

  func write(to path: String) throws {
    var header = JSONObject()
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
      header[tensor.name] = [
        "dtype": .string(tensor.type), "shape": .array(tensor.shape.map(JSON.integer)),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    var text = Array(JSON.object(header).text().utf8)
    // Padding is allowed at the end of the header and leaves the data aligned.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var file = Data()
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(contentsOf: text)
    for tensor in tensors { file.append(contentsOf: tensor.bytes) }
    try file.write(to: URL(fileURLWithPath: path))
  }
}
