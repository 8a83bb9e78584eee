import Foundation
import Grammar
import Synchronization
import TestSupport
import Tokenizers

@testable import Chat

/// The tokens of a fixture's tokenizer, and those that a format's markers are made of.
struct FormatVocabulary: Sendable {
  let tokens: TokenVocabulary
  /// What each token spells; the last one ends an answer.
  let texts: [[UInt8]]
  private let special: [(text: [UInt8], id: Int32)]
  private let ids: [[UInt8]: Int32]

  var stop: Int32 { Int32(texts.count - 1) }

  /// Byte-level tokens, short ones first.
  private static let ordinary: [[UInt8]] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/tokenizers/bpe-qwen3").path
    guard let tokenizer = try? Tokenizer(directory: folder) else { return [] }
    return (0..<Int32(900)).compactMap { tokenizer.bytes(of: $0) }
  }()

  private static let made = Mutex<[String: FormatVocabulary]>([:])

  /// The same for every test.
  static func shared(_ format: any ToolFormat, hasMarkers: Bool) -> FormatVocabulary {
    let name = "\(format.name) \(hasMarkers)"
    if let known = made.withLock({ $0[name] }) { return known }
    let result = FormatVocabulary(format, hasMarkers: hasMarkers)
    made.withLock { $0[name] = result }
    return result
  }

  /// - Parameter hasMarkers: whether the markers are special tokens, or are spelled like text.
  init(_ format: any ToolFormat, hasMarkers: Bool, reasoning: ReasoningMarkers? = nil) {
    var markers = format.innerMarkers
    if hasMarkers {
      let around = format.markers.flatMap { [$0.begin, $0.end].compactMap { $0 } }
      let thoughts = reasoning.map { $0.openings + [$0.closing] } ?? []
      for marker in around + thoughts where !markers.contains(where: { marker.contains($0) }) {
        markers.append(marker)
      }
    } else {
      markers = []
    }
    let ordinary = Self.ordinary
    let texts = ordinary + markers.map { Array($0.utf8) } + [Array("<stop>".utf8)]
    let isOrdinary = { (id: Int32) in Int(id) < ordinary.count }
    tokens = TokenVocabulary(
      count: texts.count, stopTokens: [Int32(texts.count - 1)],
      bytes: { isOrdinary($0) ? texts[Int($0)] : nil },
      special: { isOrdinary($0) ? nil : String(decoding: texts[Int($0)], as: UTF8.self) })
    self.texts = texts
    special = texts.indices.dropFirst(ordinary.count).map { (texts[$0], Int32($0)) }
    ids = Dictionary(
      ordinary.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// A text in tokens drawn at random.
  ///
  /// - Parameter isPlain: whether markers, too, are spelled in ordinary tokens.
  func encode(_ text: String, _ random: inout SeededRandom, isPlain: Bool = false) -> [Int32] {
    var result: [Int32] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      if !isPlain, let marker = special.first(where: { rest.starts(with: $0.text) }) {
        result.append(marker.id)
        rest = rest.dropFirst(marker.text.count)
        continue
      }
      // Nothing may reach into a marker.
      var stretch = rest.prefix(8)
      if !isPlain, let end = stretch.indices.dropFirst().first(where: { beginsMarker(rest[$0...]) })
      {
        stretch = stretch[..<end]
      }
      let lengths = (1...stretch.count).filter { ids[Array(stretch.prefix($0))] != nil }
      guard let length = lengths.randomElement(using: &random),
        let id = ids[Array(stretch.prefix(length))]
      else { return result }
      result.append(id)
      rest = rest.dropFirst(length)
    }
    return result
  }

  private func beginsMarker(_ text: ArraySlice<UInt8>) -> Bool {
    special.contains { text.starts(with: $0.text) }
  }

  func text(_ tokens: [Int32]) -> String {
    String(decoding: tokens.filter { $0 != stop }.flatMap { texts[Int($0)] }, as: UTF8.self)
  }
}

extension GrammarMatcher {
  /// The tokens that may come.
  func allowed(of vocabulary: FormatVocabulary) -> [Int32] {
    let count = vocabulary.texts.count
    let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: (count + 63) / 64)
    defer { words.deallocate() }
    words.initialize(repeating: 0)
    guard fillMask(words) else { return Array(0..<Int32(count)) }
    return (0..<Int32(count)).filter { words[Int($0) / 64] >> UInt64($0 % 64) & 1 != 0 }
  }

  /// How many of the tokens it takes before it refuses one.
  func take(_ tokens: [Int32]) -> Int { tokens.prefix { accept($0) }.count }
}
