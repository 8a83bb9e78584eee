/// What becomes of the places that a pattern matched, when text is split there.
enum SplitBehavior: String {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  static func read(_ component: Component, fallback: SplitBehavior? = nil) throws -> SplitBehavior {
    if let fallback, !component.has("behavior") { return fallback }
    let name = try component.string("behavior")
    // The names that Python's constructors take are found in some hand-made files.
    let known: [SplitBehavior] = [
      .removed, .isolated, .mergedWithPrevious, .mergedWithNext, .contiguous,
    ]
    let plain = name.lowercased().filter { $0 != "_" }
    guard let behavior = known.first(where: { $0.rawValue.lowercased() == plain }) else {
      throw component.error("\"\(name)\" is no split behaviour", at: "behavior")
    }
    return behavior
  }
}

/// Turns the matches in one word into pieces, as a behaviour wants it.
struct WordSplitter {
  private let behavior: SplitBehavior
  /// Whether what doesn't match is the delimiter.
  private let invert: Bool
  private let word: Range<Int>
  /// Where the last match ended.
  private var position: Int
  private var previousWasDelimiter = false
  /// A delimiter that may yet join what follows it (`mergedWithNext`).
  private var held: Range<Int>?
  /// Whether this word has given a piece yet that a delimiter may join.
  private var hasPiece = false

  init(_ behavior: SplitBehavior, invert: Bool, word: Range<Int>) {
    self.behavior = behavior
    self.invert = invert
    self.word = word
    position = word.lowerBound
  }

  /// Takes the next match of the pattern.
  mutating func match(_ range: Range<Int>, into pieces: inout [Range<Int>]) {
    if position != range.lowerBound {
      add(position..<range.lowerBound, isDelimiter: invert, &pieces)
    }
    add(range, isDelimiter: !invert, &pieces)
    position = range.upperBound
  }

  /// Takes the rest of the word.
  mutating func finish(into pieces: inout [Range<Int>]) {
    if position != word.upperBound {
      add(position..<word.upperBound, isDelimiter: invert, &pieces)
    }
    if let held { pieces.append(held) }
  }

  private mutating func add(_ range: Range<Int>, isDelimiter: Bool, _ pieces: inout [Range<Int>]) {
    switch behavior {
    case .removed:
      if !isDelimiter { pieces.append(range) }
    case .isolated:
      pieces.append(range)
    case .contiguous:
      append(range, joining: isDelimiter == previousWasDelimiter, &pieces)
    case .mergedWithPrevious:
      append(range, joining: isDelimiter && !previousWasDelimiter, &pieces)
    case .mergedWithNext:
      addToNext(range, isDelimiter: isDelimiter, &pieces)
    }
    previousWasDelimiter = isDelimiter
  }

  private mutating func append(_ range: Range<Int>, joining: Bool, _ pieces: inout [Range<Int>]) {
    if joining, hasPiece {
      pieces[pieces.count - 1] = pieces[pieces.count - 1].lowerBound..<range.upperBound
    } else {
      pieces.append(range)
      hasPiece = true
    }
  }

  private mutating func addToNext(
    _ range: Range<Int>, isDelimiter: Bool, _ pieces: inout [Range<Int>]
  ) {
    if isDelimiter {
      if let held { pieces.append(held) }
      held = range
    } else {
      pieces.append((held ?? range).lowerBound..<range.upperBound)
      held = nil
    }
  }
}
