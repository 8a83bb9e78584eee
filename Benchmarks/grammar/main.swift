// How long masks take, on one thread: `grammar-bench TOKENIZER_DIRECTORY`, best with a vocabulary
// of 128k tokens. Prints the mean, the tail, the first mask of each schema, and 200 tools.

import Foundation
import Grammar
import JSON
import Tokenizers

guard CommandLine.arguments.count == 2 else {
  print("usage: grammar-bench TOKENIZER_DIRECTORY")
  exit(2)
}
let tokenizer = try Tokenizer(directory: CommandLine.arguments[1])
let clock = ContinuousClock()

func milliseconds(_ duration: Duration) -> Double {
  Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1e3
}

var vocabulary: TokenVocabulary!
let vocabularyTime = clock.measure {
  let added = Set(tokenizer.addedTokens.map(\.id))
  vocabulary = TokenVocabulary(
    count: tokenizer.vocabularySize, stopTokens: Set([tokenizer.endOfSequence ?? 0]),
    bytes: { tokenizer.bytes(of: $0) },
    special: { added.contains($0) ? tokenizer.token($0) : nil },
    encode: { tokenizer.encode(String(decoding: $0, as: UTF8.self), addSpecialTokens: false) })
}
print("vocabulary: \(vocabulary.count) tokens, made in \(Int(milliseconds(vocabularyTime))) ms")

/// Times in milliseconds, and what is said of them.
struct Times {
  var all: [Double] = []

  func quantile(_ part: Double) -> Double {
    let sorted = all.sorted()
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
  }

  func line(_ name: String) -> String {
    let mean = all.reduce(0, +) / Double(all.count)
    let format = { (value: Double) in String(format: "%.1f", value * 1e3) }
    return "\(name): \(all.count) times, mean \(format(mean)) µs, p50 \(format(quantile(0.5))), "
      + "p90 \(format(quantile(0.9))), p99 \(format(quantile(0.99))), "
      + "p99.9 \(format(quantile(0.999))), most \(format(quantile(1))) µs"
  }
}

/// The measurements of one run.
@MainActor
struct Bench {
  let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: (vocabulary.count + 63) / 64)
  var masks = Times()
  var firstMasks = Times()
  var accepts = Times()
  var forced = 0
  var replayed = 0

  /// Follows one instance token by token.
  mutating func replay(_ schema: JSON, _ instance: JSON) throws {
    var matcher: GrammarMatcher!
    let first = try clock.measure {
      let grammar = try Grammar.jsonSchema(schema)
      matcher = GrammarMatcher(TokenGrammar(grammar, vocabulary))
      _ = matcher.fillMask(words)
    }
    firstMasks.all.append(milliseconds(first))
    let text = instance.text(style: .spaced)
    for token in tokenizer.encode(text, addSpecialTokens: false) {
      replayed += 1
      if matcher.forcedTokens().first == token { forced += 1 }
      masks.all.append(milliseconds(clock.measure { _ = matcher.fillMask(words) }))
      guard words[Int(token) / 64] >> UInt64(token % 64) & 1 != 0 else {
        print("refused '\(tokenizer.token(token) ?? "")' of \(text) under \(schema.text())")
        return
      }
      accepts.all.append(milliseconds(clock.measure { _ = matcher.accept(token) }))
    }
  }

  /// 200 tools, of which one is to be called.
  func measureTools() throws -> Times {
    var tools = Times()
    for round in 0..<5 {
      tools.all.append(
        milliseconds(
          try clock.measure {
            var builder = GrammarBuilder()
            var calls: [GrammarBuilder.Part] = []
            for tool in 0..<200 {
              let name = builder.literal("\"tool_\(round)_\(tool)\", \"arguments\": ")
              let schema = benchmarkSchemas[tool % benchmarkSchemas.count]
              calls.append(builder.sequence([name, try builder.jsonSchema(schema)]))
            }
            let head = builder.literal("{\"name\": ")
            let root = builder.sequence([head, builder.choice(calls)])
            let grammar = try builder.grammar(root: root)
            let matcher = GrammarMatcher(TokenGrammar(grammar, vocabulary))
            _ = matcher.fillMask(words)
          }))
    }
    return tools
  }
}

var bench = Bench()
var random = SystemRandomNumberGenerator()
for _ in 0..<40 {
  for schema in benchmarkSchemas {
    try bench.replay(schema, instance(of: schema, root: schema, &random))
  }
}
print(bench.masks.line("mask"))
print(bench.accepts.line("accept"))
print(bench.firstMasks.line("schema to first mask"))
print("forced: \(bench.forced) of \(bench.replayed) tokens")

print(try bench.measureTools().line("200 tools to first mask"))
