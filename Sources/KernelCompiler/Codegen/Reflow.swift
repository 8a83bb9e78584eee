/// Breaks C lines anew once holes are filled, so that generated code reads as if written by hand:
/// what stands in parentheses over several lines is joined, then cut to the width, the rest below
/// the first argument.
struct Reflow {
  let width = 100

  func text(_ text: String) -> String {
    var output: [String] = []
    var open: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      let joined = open.map { $0 + glue($0) + line.drop { $0 == " " } } ?? line
      open = nil
      if isCode(joined), depth(joined) > 0 {
        open = joined
      } else {
        output += lines(joined)
      }
    }
    if let open { output.append(open) }
    return output.joined(separator: "\n")
  }

  private func glue(_ line: String) -> String { line.hasSuffix("(") ? "" : " " }

  private func isCode(_ line: String) -> Bool {
    let start = line.drop { $0 == " " }
    return !start.hasPrefix("//") && !start.hasPrefix("#") && !start.hasPrefix("/*")
  }

  private func depth(_ line: String) -> Int {
    line.reduce(0) { $0 + ($1 == "(" ? 1 : $1 == ")" ? -1 : 0) }
  }

  /// A line cut after the last comma or operator that fits; what follows stands below the innermost
  /// parenthesis that is still open.
  private func lines(_ line: String, below column: Int? = nil) -> [String] {
    guard line.count > width, isCode(line) else { return [line] }
    let characters = Array(line)
    var opened: [Int] = []
    var cut: (index: Int, column: Int, depth: Int)?
    for (index, character) in characters.enumerated() {
      if index >= width { break }
      switch character {
      case "(": opened.append(index)
      case ")": _ = opened.popLast()
      case " ":
        guard let last = opened.last ?? column.map({ $0 - 1 }), index > 0,
          isBreak(characters, index)
        else { continue }
        if cut.map({ opened.count <= $0.depth || index - $0.index > 40 }) ?? true {
          cut = (index, last + 1, opened.count)
        }
      default: break
      }
    }
    guard let cut, cut.column + 30 < width || cut.column == column else { return [line] }
    let rest = String(repeating: " ", count: cut.column) + String(characters[(cut.index + 1)...])
    return [String(characters[..<cut.index])] + lines(rest, below: cut.column)
  }

  private func isBreak(_ characters: [Character], _ index: Int) -> Bool {
    ",;+*|&".contains(characters[index - 1])
  }
}
