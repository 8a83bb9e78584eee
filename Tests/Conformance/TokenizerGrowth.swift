import Foundation
import TestSupport
import Testing
import Tokenizers

/// Hostile text, for each of the fixtures' tokenizers.
@Suite struct TokenizerGrowth {
  @Test(arguments: TokenizerFixture.all)
  func `encoding takes time in proportion to the text`(_ fixture: TokenizerFixture) throws {
    let tokenizer = try Tokenizer(directory: fixture.path)
    for part in ["a", " ", "\n", "'", "<", "1", "\u{301}", "日", "🇩🇪", "a\u{301}", "<|", "ab "] {
      let (short, long) = (seconds(tokenizer, part, 2 << 10), seconds(tokenizer, part, 16 << 10))
      // Eight times the text: some eight times the time, or 64 times where it is squared.
      let details = "\(part.debugDescription): \(short) s, \(long) s"
      #expect(long < short * 24 + 0.02, "\(details)")
    }
  }

  @Test(arguments: TokenizerFixture.all)
  func `random ids become text, streamed or whole`(_ fixture: TokenizerFixture) throws {
    let tokenizer = try Tokenizer(directory: fixture.path)
    var random = SeededRandom(seed: 5)
    let count = Int32(tokenizer.vocabularySize)
    for length in [1, 7, 500] {
      let ids = (0..<length).map { _ in Int32.random(in: -2..<count + 2, using: &random) }
      var decoder = tokenizer.makeStreamDecoder(skipSpecialTokens: true)
      let pieces = ids.map { decoder.append($0) } + [decoder.finish()]
      #expect(pieces.joined() == tokenizer.decode(ids, skipSpecialTokens: true))
    }
  }

  /// Seconds of this thread that a text of so many bytes takes.
  private func seconds(_ tokenizer: Tokenizer, _ part: String, _ size: Int) -> Double {
    let text = String(repeating: part, count: size / part.utf8.count)
    let begin = threadSeconds()
    _ = tokenizer.encode(text, addSpecialTokens: false)
    return threadSeconds() - begin
  }

  private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
