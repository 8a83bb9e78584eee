/// The word that was probably meant: the one with the fewest edits, if they are few for its length.
func nearestWord(to word: String, in vocabulary: [String]) -> String? {
  let word = Array(word.utf8.prefix(40))
  let best = vocabulary.map { (word: $0, edits: editDistance(word, Array($0.utf8))) }
    .min { $0.edits < $1.edits }
  guard let best, best.edits <= max(1, best.word.utf8.count / 3) else { return nil }
  return best.word
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        edits = min(edits, beforeLast[j - 1] + 1)
      }
      row.append(edits)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
