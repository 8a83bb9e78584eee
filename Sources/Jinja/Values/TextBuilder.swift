/// Collects text piece by piece, keeping the marks of what is put in.
struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  private var marks: [TextMark] = []

  mutating func append(_ text: Text) {
    if !text.marks.isEmpty { appendMarks(text.marks) }
    bytes.append(contentsOf: text.bytes)
  }

  /// Appends text that belongs to the template.
  mutating func append(_ string: String) { bytes.append(contentsOf: string.utf8) }

  mutating func append(byte: UInt8) { bytes.append(byte) }

  /// Appends a changed form of a text (escaped, quoted): marked as a whole where the source is.
  mutating func append(like source: Text, _ write: (inout [UInt8]) -> Void) {
    let start = bytes.count
    write(&bytes)
    if let label = source.marks.first?.label, bytes.count > start {
      appendMark(TextMark(start..<bytes.count, label))
    }
  }

  private mutating func appendMarks(_ added: [TextMark]) {
    for mark in added {
      appendMark(TextMark(mark.lower + bytes.count..<mark.upper + bytes.count, mark.label))
    }
  }

  private mutating func appendMark(_ mark: TextMark) {
    if let last = marks.last, last.upper == mark.lower, last.label == mark.label {
      marks[marks.count - 1].upper = mark.upper
    } else {
      marks.append(mark)
    }
  }

  var text: Text { Text(bytes: bytes, marks: marks) }
}
