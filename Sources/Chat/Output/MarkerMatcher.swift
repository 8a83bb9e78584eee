/// Finds markers in text that comes in pieces.
///
/// Knuth, Morris and Pratt's algorithm for each marker: there are few of them, and most bytes begin
/// none, so the common byte costs one look-up. Matching on bytes is right for UTF-8.
struct MarkerMatcher: Sendable {
  private let markers: [[UInt8]]
  /// For each marker and each number of matched bytes: how many are still matched when the next
  /// byte differs.
  private let fallbacks: [[Int]]
  /// Which bytes begin a marker.
  private let beginnings: [Bool]
  /// How many of the markers, from the first, belong to the format; the others are stop strings.
  private let structural: Int

  /// Matched bytes of each marker.
  private var progress: [Int]
  private var isActive = false

  init(_ markers: [[UInt8]], structural: Int) {
    self.markers = markers
    self.structural = structural
    fallbacks = markers.map(Self.fallbacks)
    progress = markers.map { _ in 0 }
    var beginnings = Array(repeating: false, count: 256)
    for marker in markers { if let first = marker.first { beginnings[Int(first)] = true } }
    self.beginnings = beginnings
  }

  private static func fallbacks(_ marker: [UInt8]) -> [Int] {
    var result = [0]
    var matched = 0
    for byte in marker.dropFirst() {
      while matched > 0, marker[matched] != byte { matched = result[matched - 1] }
      if marker[matched] == byte { matched += 1 }
      result.append(matched)
    }
    return result
  }

  /// Takes a byte; the longest marker that it completes.
  mutating func advance(_ byte: UInt8) -> Int? {
    guard isActive || beginnings[Int(byte)] else { return nil }
    isActive = false
    var found: Int?
    for index in markers.indices {
      let marker = markers[index]
      var matched = progress[index]
      while matched > 0, marker[matched] != byte { matched = fallbacks[index][matched - 1] }
      if marker[matched] == byte { matched += 1 }
      if matched == marker.count {
        if found.map({ markers[$0].count < matched }) ?? true { found = index }
        matched = fallbacks[index][matched - 1]
      }
      progress[index] = matched
      if matched > 0 { isActive = true }
    }
    return found
  }

  /// Forgets what was matched.
  mutating func reset() {
    guard isActive else { return }
    for index in progress.indices { progress[index] = 0 }
    isActive = false
  }

  /// How many of the last bytes may be the beginning of a marker.
  var heldBack: Int { isActive ? progress.max() ?? 0 : 0 }

  /// How many of the last bytes may be the beginning of one of the format's own markers.
  var heldBackStructural: Int { isActive ? progress.prefix(structural).max() ?? 0 : 0 }
}
