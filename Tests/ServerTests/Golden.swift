import Foundation
import Testing

/// Compares a response with the expected text in `Fixtures/wire`, byte by byte.
///
/// With UPDATE_GENERATED=1 the file is rewritten and the test fails once more: read the diff.
func expectGolden(
  _ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = TestServer.fixtures.appending(
    path: "wire/\(name.replacing(" ", with: "-")).txt")
  let text = withoutChance(text)
  if ProcessInfo.processInfo.environment["UPDATE_GENERATED"] == "1" {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
    Issue.record("\(name) was rewritten; read the diff", sourceLocation: sourceLocation)
  }
  let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  #expect(text.utf8.elementsEqual(expected.utf8), "\(text)", sourceLocation: sourceLocation)
}

/// The text with every measured number replaced by 0, and every random id by one.
func withoutChance(_ text: String) -> String {
  text.replacing(#/"call_(?!id")[A-Za-z0-9]+"/#, with: "\"call_1\"").replacing(
    #/"(prompt|predicted)_(ms|per_second)":[0-9.e+-]+/#
  ) {
    "\"\($0.output.1)_\($0.output.2)\":0"
  }
}
