import Foundation
import Grammar
import JSON

/// How many bytes the server takes beside its engine, each part with a bound: less of everything
/// where there is less in all.
public struct ServerMemory: Sendable, Equatable {
  /// Requests from when their bodies come in until they are answered, all of them together.
  public internal(set) var bodies: Int
  /// Grammars that are kept because the next request may have the same.
  public internal(set) var keptGrammars: Int
  /// Grammars of running answers that aren't among these, together; also the most for one.
  public internal(set) var usedGrammars: Int
  /// What grammars remember together.
  public internal(set) var grammarMasks: Int
  /// Stored responses.
  public internal(set) var responses: Int

  /// What one grammar may take while it is made and while texts follow it.
  var grammarLimits: GrammarLimits {
    var limits = GrammarLimits()
    limits.automatonBytes = min(limits.automatonBytes, usedGrammars)
    limits.expressions = min(limits.expressions, usedGrammars / GrammarLimits.bytesPerExpression)
    return limits
  }

  /// - Parameter memory: bytes for the whole process; nil for no limit.
  public init(memory: Int? = nil) {
    func part(_ divisor: Int, _ bounds: ClosedRange<Int>) -> Int {
      memory.map { min(max($0 / divisor, bounds.lowerBound << 20), bounds.upperBound << 20) }
        ?? bounds.upperBound << 20
    }
    bodies = part(16, 16...512)
    keptGrammars = part(64, 4...128)
    usedGrammars = part(32, 8...96)
    grammarMasks = part(128, 2...64)
    responses = part(64, 4...64)
  }

  /// Bytes of the largest body: to make a prompt of it takes as many times that.
  public var bodyLimit: Int { min(10 << 20, bodies / 16) }

  /// A server of the pocket model after 800 requests of all kinds: code and libraries, threads and
  /// their stacks, chat template, what the allocator doesn't give back.
  static let programBytes = 64 << 20
  /// The tokenizer's tables, the vocabulary of grammars, and tokens that were searched for.
  static let bytesPerToken = 256

  /// All of it.
  ///
  /// - Parameter vocabulary: how many tokens the model knows.
  public func bytes(vocabulary: Int) -> Int {
    Self.programBytes + vocabulary * Self.bytesPerToken + bodies
      + keptGrammars + usedGrammars + grammarMasks + responses
  }
}

extension ServerMemory: CustomStringConvertible {
  /// The parts that aren't the program itself, in words.
  public var description: String {
    let parts = [
      ("requests", bodies), ("grammars", keptGrammars + usedGrammars + grammarMasks),
      ("stored responses", responses),
    ]
    return parts.map { "\($0) " + String(format: "%.1f MB", Double($1) / 1e6) }
      .joined(separator: ", ")
  }
}

/// What a request takes beside its answer's pages.
struct RequestCost {
  /// While its prompt is made.
  let preparing: Int
  /// From then on.
  let answering: Int

  /// Bytes that become of a byte of text as a template renders it and a tokenizer splits it: a
  /// body of 0.9 MB takes 13 MB more, eight of them 103 MB.
  private static let preparedBytesPerByte = 12

  /// - Parameter bodyBytes: of the body as it came in.
  init(_ body: JSON, bodyBytes: Int) {
    // The values, and what was read out of them.
    answering = 2 * body.heapBytes
    preparing = answering + bodyBytes * Self.preparedBytesPerByte
  }
}
