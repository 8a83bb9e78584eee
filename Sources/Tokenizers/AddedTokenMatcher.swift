/// Finds added tokens in text: the leftmost, and of those the longest.
struct AddedTokenMatcher: Sendable {
  private let tokens: [AddedToken]
  private let trie: PrefixTrie
  /// Whether any token starts with a byte. (256)
  private let startsToken: [Bool]

  init(_ patterns: [(token: AddedToken, text: [UInt8])]) {
    let patterns = patterns.filter { !$0.text.isEmpty }
    tokens = patterns.map(\.token)
    var startsToken = [Bool](repeating: false, count: 256)
    for pattern in patterns { startsToken[Int(pattern.text[0])] = true }
    self.startsToken = startsToken
    let table = FlatTable(patterns.flatMap(\.text))
    var starts = [0]
    for pattern in patterns { starts.append(starts[starts.count - 1] + pattern.text.count) }
    trie = table.withElements { text in
      PrefixTrie(
        count: patterns.count,
        text: { UnsafeBufferPointer(rebasing: text[starts[$0]..<starts[$0 + 1]]) },
        value: { Int32($0) })
    }
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// A stretch of text without tokens, or a token and the text that it takes.
  enum Part {
    case text(Range<Int>)
    case token(Int32, Range<Int>)
  }

  /// Cuts text at the tokens in it. What touches a `literal` range (they ascend) is no token.
  func parts(of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>] = []) -> [Part] {
    var parts: [Part] = []
    var start = 0
    var offset = 0
    var literal = literal[...]
    while !isEmpty, offset < text.count {
      guard startsToken[Int(text[offset])] else {
        offset += 1
        continue
      }
      while let first = literal.first, first.upperBound <= offset { literal.removeFirst() }
      guard let (token, end) = longestMatch(text, at: offset, literal) else {
        offset += 1
        continue
      }
      if token.singleWord, !Self.isAlone(offset..<end, in: text) {
        offset = end
        continue
      }
      let range = Self.extend(offset..<end, token, in: text, notBefore: start)
      if start < range.lowerBound { parts.append(.text(start..<range.lowerBound)) }
      // A token whose white space was all taken by the one before it vanishes, as in the reference.
      if !range.isEmpty { parts.append(.token(token.id, range)) }
      start = range.upperBound
      offset = end
    }
    if start < text.count { parts.append(.text(start..<text.count)) }
    return parts
  }

  private func longestMatch(
    _ text: UnsafeBufferPointer<UInt8>, at start: Int, _ literal: ArraySlice<Range<Int>>
  ) -> (token: AddedToken, end: Int)? {
    var node = trie.root
    var end = start
    var longest: (token: AddedToken, end: Int)?
    while end < text.count, let next = trie.child(of: node, text[end]) {
      node = next
      end += 1
      guard let index = trie.value(node) else { continue }
      if let first = literal.first, first.lowerBound < end { break }
      longest = (tokens[Int(index)], end)
    }
    return longest
  }

  private static func isAlone(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    let before = range.lowerBound > 0 ? text.scalar(before: range.lowerBound).value : nil
    let after = range.upperBound < text.count ? text.scalar(at: range.upperBound).value : nil
    return ![before, after].contains { $0.map(CharacterSets.isWordCharacter) ?? false }
  }

  /// The match with the white space that the token takes, as far as no earlier token has it.
  private static func extend(
    _ range: Range<Int>, _ token: AddedToken, in text: UnsafeBufferPointer<UInt8>,
    notBefore limit: Int
  ) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while token.stripsLeft, start > limit {
      let (character, length) = text.scalar(before: start)
      guard CharacterSets.isWhiteSpace(character) else { break }
      start -= length
    }
    if token.stripsLeft { start = max(start, limit) }
    // Where the token before reached behind this match it took white space, all that there is.
    if token.stripsRight { end = max(end, limit) }
    while token.stripsRight, end < text.count {
      let (character, length) = text.scalar(at: end)
      guard CharacterSets.isWhiteSpace(character) else { break }
      end += length
    }
    return min(start, end)..<end
  }
}
