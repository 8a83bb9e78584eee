/// `UnicodeScripts`: cuts where the script changes. Kana count as Han, and spaces and characters
/// without a script belong to what stands before them.
struct UnicodeScriptsPreTokenizer: PreTokenizer {
  func cut(_ text: inout WordText) {
    text.divide { text, word, pieces in
      var starts: [Int] = []
      var last: Int?
      var offset = word.lowerBound
      while offset < word.upperBound {
        let (character, length) = text.scalar(at: offset)
        let script = ScriptTable.shared.script(of: character)
        if script != ScriptTable.any {
          if script != last { starts.append(offset) }
          last = script
        }
        offset += length
      }
      starts.append(word.upperBound)
      // What stands before the first script belongs to no word, as in the reference.
      for (start, end) in zip(starts, starts.dropFirst()) { pieces.append(start..<end) }
    }
  }
}

/// The script of every character, as numbers of the generated table.
private struct ScriptTable: Sendable {
  static let shared = ScriptTable()
  static let any = 0
  private static let (hiragana, katakana, han) = (33, 34, 36)

  /// Where runs of one script start, in ascending order, and their scripts.
  private var starts: [UInt32] = []
  private var scripts: [Int] = []

  private init() {
    let runs = PackedNumbers.decode(ScriptData.runs)
    var start: UInt32 = 0
    for index in stride(from: 0, to: runs.count, by: 2) {
      starts.append(start)
      scripts.append(runs[index])
      start += UInt32(runs[index + 1])
    }
  }

  func script(of character: UInt32) -> Int {
    if character == 0x30FC { return Self.han }
    if character == 0x20 { return Self.any }
    var low = 0
    var high = starts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= character { low = middle } else { high = middle }
    }
    let script = scripts[low]
    return script == Self.hiragana || script == Self.katakana ? Self.han : script
  }
}
