/// The parts of a stretch of text in which what spells an added token is text like any other.
struct LiteralRanges {
  private let ranges: [Range<Int>]

  /// More ranges than this are joined to one before they are mapped, which takes a pass over the
  /// text for each end.
  private static let limit = 64

  /// The part of `ranges` that lies in a section of `text`, by offset in it. Characters that lie
  /// in a range only in part are taken whole.
  init(_ ranges: [Range<Int>], in section: Range<Int>, of text: UnsafeBufferPointer<UInt8>) {
    func isInside(_ offset: Int) -> Bool {
      section.contains(offset) && text[offset] & 0xC0 == 0x80
    }
    self.ranges = ranges.map { $0.clamped(to: section) }.filter { !$0.isEmpty }.map { range in
      var (start, end) = (range.lowerBound, range.upperBound)
      while isInside(start) { start -= 1 }
      while isInside(end) { end += 1 }
      return start - section.lowerBound..<end - section.lowerBound
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
