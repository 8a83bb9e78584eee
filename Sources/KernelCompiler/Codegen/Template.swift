/// C with holes. A hole is `$name`, a whole identifier; a hole alone on its line takes a block of
/// lines, none included, each with what stands before the hole.
struct Template {
  let name: String
  let text: String

  /// The text with every hole filled. A hole without a value, or a value without a hole, is a
  /// mistake of ours and ends the program.
  func filled(_ values: [String: String]) -> String {
    var unused = Set(values.keys)
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      lines += fill(line, values, &unused)
    }
    precondition(unused.isEmpty, "\(name) has no holes \(unused.sorted())")
    return lines.joined(separator: "\n")
  }

  private func fill(
    _ line: Substring, _ values: [String: String], _ unused: inout Set<String>
  ) -> [String] {
    let pieces = Self.pieces(of: line)
    if pieces.count == 2, case .text(let before) = pieces[0], case .hole(let hole) = pieces[1],
      before.allSatisfy({ $0 == " " || $0 == "/" })
    {
      let block = value(hole, values, &unused)
      if block.isEmpty { return [] }
      return block.split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.isEmpty && !before.contains("/") ? "" : trimmed(before + $0)
      }
    }
    return [
      pieces.reduce(into: "") { text, piece in
        switch piece {
        case .text(let part): text += part
        case .hole(let hole): text += value(hole, values, &unused)
        }
      }
    ]
  }

  private func trimmed(_ line: Substring) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }

  private func value(
    _ hole: String, _ values: [String: String], _ unused: inout Set<String>
  ) -> String {
    unused.remove(hole)
    guard let value = values[hole] else { preconditionFailure("\(name): no value for $\(hole)") }
    return value
  }

  private enum Piece {
    case text(Substring)
    case hole(String)
  }

  /// A line always begins with text, perhaps none.
  private static func pieces(of line: Substring) -> [Piece] {
    var pieces: [Piece] = []
    var rest = line
    while let dollar = rest.firstIndex(of: "$") {
      pieces.append(.text(rest[..<dollar]))
      let after = rest[rest.index(after: dollar)...]
      let name = after.prefix { $0.isLowercase || $0.isNumber || $0 == "_" }
      pieces.append(.hole(String(name)))
      rest = after[name.endIndex...]
    }
    if !rest.isEmpty || pieces.isEmpty { pieces.append(.text(rest)) }
    return pieces
  }
}
