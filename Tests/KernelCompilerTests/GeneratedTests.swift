import Foundation
import ModelFiles
import ModelGraph
import Testing

@testable import KernelCompiler

/// `generated/` holds the C and the plan of two models on two tiers in both numerics. A change of
/// templates or plan shows there: `UPDATE_GENERATED=1 swift test` rewrites it and fails once.
@Suite struct GeneratedTests {
  static let models = ["qwen3-q4-g32", "qwen3-mixed"]
  static let targets: [Target] = [.x8664v4vnni, .x8664v3]

  @Test(arguments: models, targets)
  func `generated code is what was reviewed`(_ model: String, _ target: Target) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let directory = try ModelDirectory(path: root.path + "/Tests/Fixtures/models/" + model)
    let graph = try buildGraph(directory)
    for numerics in Numerics.allCases {
      let source = try generateSource(graph, target: target, numerics: numerics)
      // Other headers are templates as they are.
      let written = source.files.filter { source.units.contains($0.name) || $0.name == "model.h" }
      let expected = written + [("plan.txt", printPlan(source.plan))]
      let folder = root.appendingPathComponent(
        "generated/\(model)/\(target.name)-\(numerics.rawValue)")
      for file in expected {
        try compare(file.text, with: folder.appendingPathComponent(file.name))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == expected.map(\.name).sorted(), "\(folder.path)")
    }
  }

  private func compare(_ text: String, with file: URL) throws {
    let reviewed = try? String(contentsOf: file, encoding: .utf8)
    if reviewed.map({ $0.utf8.elementsEqual(text.utf8) }) ?? false { return }
    if ProcessInfo.processInfo.environment["UPDATE_GENERATED"] == "1" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      Issue.record("\(file.path) was rewritten: read the difference, then run again")
      return
    }
    Issue.record(
      """
      \(file.path) differs; UPDATE_GENERATED=1 swift test rewrites it: \
      \(difference(text, reviewed))
      """
    )
  }

  /// The first line that is not the same.
  private func difference(_ text: String, _ reviewed: String?) -> String {
    let old = (reviewed ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    let new = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }
    return line.map { "line \($0.offset + 1) was \($0.element.0), is \($0.element.1)" }
      ?? "\(old.count) lines were \(new.count)"
  }
}
