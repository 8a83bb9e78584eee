/// The parts of a stretch of text in which what spells an added token is text like any other.
struct LiteralRanges {
  private let ranges: [Range<Int>]

  /// More ranges than this are joined to one before they are mapped, which takes a pass over the
  /// text for each end.
  private static let limit = 64

  /// The part of `ranges` that lies in `section`, by offset in it.
  init(_ ranges: [Range<Int>], in section: Range<Int>) {
    self.ranges = ranges.map { $0.clamped(to: section) }.filter { !$0.isEmpty }.map {
      $0.lowerBound - section.lowerBound..<$0.upperBound - section.lowerBound
    }
  }

  /// The ranges in another text, where `map` says what an offset becomes.
  func mapped(_ map: (Int) -> Int) -> [Range<Int>] {
    guard let first = ranges.first, let last = ranges.last else { return [] }
    let few = ranges.count > Self.limit ? [first.lowerBound..<last.upperBound] : ranges
    return few.map { range in
      let start = map(range.lowerBound)
      return start..<max(start, map(range.upperBound))
    }
  }
}
