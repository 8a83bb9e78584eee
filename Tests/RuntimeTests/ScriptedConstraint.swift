import Testing

@testable import Runtime

/// A constraint that allows any of a few token sequences, each ended by a stop token.
final class ScriptedConstraint: TokenConstraint, @unchecked Sendable {
  private let language: [[Int32]]
  private let end: Int32
  private let isForcing: Bool
  /// What was accepted; on the engine's thread, and read when that is done.
  private(set) var accepted: [Int32] = []
  private(set) var rolledBack = 0

  init(_ language: [[Int32]], end: Int32, isForcing: Bool = true) {
    self.language = language.map { $0 + [end] }
    self.end = end
    self.isForcing = isForcing
  }

  private var continuations: [ArraySlice<Int32>] {
    language.filter { $0.starts(with: accepted) }.map { $0.dropFirst(accepted.count) }
  }

  private var next: Set<Int32> { Set(continuations.compactMap(\.first)) }

  func fillMask(_ words: UnsafeMutableBufferPointer<UInt64>) -> Bool {
    #expect(words.allSatisfy { $0 == 0 })
    for token in next { words[Int(token) / 64] |= 1 << UInt64(token % 64) }
    return true
  }

  func forcedTokens() -> [Int32] {
    guard isForcing, let first = continuations.first else { return [] }
    let common = continuations.reduce(first) { $0.prefix(commonPrefixLength($0, $1)) }
    return Array(common.prefix { $0 != end })
  }

  func accept(_ token: Int32) -> Bool {
    guard next.contains(token) else { return false }
    accepted.append(token)
    return true
  }

  func rollback(_ count: Int) {
    #expect(count <= accepted.count)
    accepted.removeLast(count)
    rolledBack += count
  }
}

/// Allows everything, and takes everything.
final class FreeConstraint: TokenConstraint, @unchecked Sendable {
  private var count = 0

  func fillMask(_ words: UnsafeMutableBufferPointer<UInt64>) -> Bool { false }
  func forcedTokens() -> [Int32] { [] }
  func accept(_ token: Int32) -> Bool {
    count += 1
    return true
  }
  func rollback(_ count: Int) {
    #expect(count <= self.count)
    self.count -= count
  }
}
