// Our side of Benchmarks/tokenizer_speed.py, and of the differential fuzz Tests/Tools/tokenizer_fuzz.py.
//
//   tokenizer-bench time DIR FILE     milliseconds of CPU time, as one line of JSON
//   tokenizer-bench encode DIR        texts from standard input as JSON strings, one a line
import Foundation
import JSON
import Tokenizers

/// What one run of `time` finds, in milliseconds of this thread's CPU time.
struct Timing {
  private var figures = JSONObject()

  mutating func measure<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
    let start = Self.now()
    let value = try body()
    figures[name] = .number(Self.now() - start)
    return value
  }

  mutating func note(_ name: String, _ value: Int) { figures[name] = .integer(value) }

  var text: String { JSON.object(figures).text() }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }
}

/// A directory with the tokenizer and its compiled table, as in a bundle.
func withBundle(of directory: String, _ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "/tokenizer-\(UUID().uuidString)"
  let manager = FileManager.default
  try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? manager.removeItem(atPath: folder) }
  for name in ["tokenizer.json", "tokenizer_config.json"] {
    guard let contents = manager.contents(atPath: directory + "/" + name) else { continue }
    try contents.write(to: URL(fileURLWithPath: folder + "/" + name))
  }
  let table = Data(try Tokenizer(directory: directory).compiledTable())
  try table.write(to: URL(fileURLWithPath: folder + "/" + Tokenizer.compiledTableName))
  try body(folder)
}

func time(_ directory: String, _ file: String) throws {
  let text = try String(contentsOfFile: file, encoding: .utf8)
  var timing = Timing()
  let tokenizer = try timing.measure("load") { try Tokenizer(directory: directory) }
  try withBundle(of: directory) { bundle in
    _ = try timing.measure("load from a bundle") { try Tokenizer(directory: bundle) }
  }
  _ = tokenizer.encode("Hello", addSpecialTokens: false)
  let ids = timing.measure("encode") { tokenizer.encode(text, addSpecialTokens: false) }
  let decoded = timing.measure("decode") { tokenizer.decode(ids, skipSpecialTokens: false) }
  timing.measure("decode in a stream") {
    var decoder = tokenizer.makeStreamDecoder(skipSpecialTokens: false)
    for id in ids { _ = decoder.append(id) }
    _ = decoder.finish()
  }
  timing.note("ids", ids.count)
  timing.note("characters", decoded.unicodeScalars.count)
  print(timing.text)
}

func encode(_ directory: String) throws {
  let tokenizer = try Tokenizer(directory: directory)
  func list(_ ids: [Int32]) -> JSON { .array(ids.map { .integer(Int($0)) }) }
  while let line = readLine() {
    guard let text = try JSON(parsing: Array(line.utf8)).string else {
      throw CocoaError(.fileReadCorruptFile)
    }
    let ids = tokenizer.encode(text, addSpecialTokens: false)
    let special = tokenizer.encode(text, addSpecialTokens: true)
    let answer: JSON = [
      "ids": list(ids), "special": list(special),
      "decoded": .string(tokenizer.decode(ids, skipSpecialTokens: false)),
      "skipped": .string(tokenizer.decode(special, skipSpecialTokens: true)),
    ]
    print(answer.text())
  }
}

do {
  let arguments = CommandLine.arguments.dropFirst()
  switch (arguments.first, arguments.count) {
  case ("time", 3): try time(CommandLine.arguments[2], CommandLine.arguments[3])
  case ("encode", 2): try encode(CommandLine.arguments[2])
  default:
    FileHandle.standardError.write(
      Data("tokenizer-bench time DIR FILE | tokenizer-bench encode DIR\n".utf8))
    exit(64)
  }
} catch {
  FileHandle.standardError.write(Data("tokenizer-bench: \(error)\n".utf8))
  exit(1)
}
