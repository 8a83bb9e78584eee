import HTTPTypes
import Hummingbird
import JSON

/// Server-sent events as the OpenAI API uses them: `data:` frames, and `: comments` in between that
/// only keep the connection alive.
enum EventStream {
  static let headers: HTTPFields = [
    .contentType: "text/event-stream", .cacheControl: "no-cache",
  ]

  static let end = ByteBuffer(string: "data: [DONE]\n\n")

  static func frame(_ value: JSON) -> ByteBuffer { ByteBuffer(string: "data: \(value.text())\n\n") }

  /// An event that goes by its type.
  static func event(_ value: JSON) -> ByteBuffer {
    ByteBuffer(string: "event: \(value["type"]?.string ?? "message")\ndata: \(value.text())\n\n")
  }

  static func comment(_ text: String) -> ByteBuffer { ByteBuffer(string: ": \(text)\n\n") }
}
