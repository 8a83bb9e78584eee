import Foundation
import Testing

@testable import Tokenizers

/// Measures rather than tests, and only when asked: Tests/Tools/tokenizer_speed.py runs it in turns
/// with the reference.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TOKENIZER_SPEED"] != nil))
struct SpeedTests {
  /// Thread CPU time that `body` takes, in milliseconds.
  private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
    let start = now()
    try body()
    return now() - start
  }

  @Test func `loading, encoding and decoding`() throws {
    let environment = ProcessInfo.processInfo.environment
    let directory = try #require(environment["TOKENIZER_SPEED"])
    let text = try String(contentsOfFile: #require(environment["TOKENIZER_TEXT"]), encoding: .utf8)
    var tokenizer = try TestTokenizer.make()
    let load = try milliseconds { tokenizer = try Tokenizer(directory: directory) }
    let path = NSTemporaryDirectory() + "/tokenizer-\(UUID().uuidString).table"
    try Data(tokenizer.compiledTable()).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let table = try milliseconds { tokenizer = try Tokenizer(compiled: path) }
    var ids = tokenizer.ids("Hello")
    let encode = milliseconds { ids = tokenizer.ids(text) }
    let decode = milliseconds { _ = tokenizer.decode(ids, skipSpecialTokens: false) }
    print("speed", load, table, encode, decode, ids.count)
  }
}
