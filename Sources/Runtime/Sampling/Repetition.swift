extension DryPenalty {
  /// For each token that would continue a repetition: the length of the repeated run before it.
  ///
  /// A token at which an earlier occurrence of the sequence's last `length` tokens ended is one
  /// that would make the repetition longer.
  func continuations(of history: [Int32]) -> [Int32: Int] {
    let tokens = history.suffix(window ?? history.count)
    guard let end = tokens.indices.last, tokens.count > 1 else { return [:] }
    let reach = tokens.reversed().prefix { !breakers.contains($0) }.count
    guard reach >= allowedLength else { return [:] }
    var longest: [Int32: Int] = [:]
    for (offset, length) in suffixMatches(Array(tokens.reversed())).enumerated().dropFirst() {
      let run = min(length, reach)
      guard run >= allowedLength else { continue }
      let next = tokens[end - offset + 1]
      if !breakers.contains(next) { longest[next] = max(longest[next] ?? 0, run) }
    }
    return longest
  }

  func penalty(length: Int) -> Float {
    var factor: Float = 1
    for _ in 0..<max(length - allowedLength, 0) where factor < 1e6 { factor *= base }
    return multiplier * factor
  }

  /// How many leading entries of `text` are found again at each offset: the Z-function.
  private func suffixMatches(_ text: [Int32]) -> [Int] {
    var lengths = [Int](repeating: 0, count: text.count)
    var (left, right) = (0, 0)
    for index in text.indices.dropFirst() {
      var length = index < right ? min(right - index, lengths[index - left]) : 0
      while index + length < text.count, text[length] == text[index + length] { length += 1 }
      if index + length > right { (left, right) = (index, index + length) }
      lengths[index] = length
    }
    return lengths
  }
}
