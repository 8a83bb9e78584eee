import Foundation
import GenericModel
import ModelFiles
import ModelGraph
import Testing

/// Where golden data is found: the folder that the environment variable MLX_FIXTURES names, else
/// the project's own copy, Tests/Fixtures. Both have the same layout.
enum Fixtures {
  static let root: String = {
    if let folder = ProcessInfo.processInfo.environment["MLX_FIXTURES"], !folder.isEmpty {
      return folder
    }
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return tests.appendingPathComponent("Fixtures").path
  }()

  /// A subfolder such as "models"; nil, with a printed line, where it is missing.
  static func folder(_ name: String) -> String? {
    let path = root + "/" + name
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    {
      return path
    }
    print("skipped: \(path) is missing")
    return nil
  }

  /// Names in a subfolder, sorted; empty where it is missing.
  static func names(in folder: String) -> [String] {
    guard let path = self.folder(folder) else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }
}

/// One model directory with golden logits, and what it should answer.
struct ModelFixture: CustomTestStringConvertible {
  let name: String
  let path: String

  var testDescription: String { name }

  /// Model fixtures of the types that the graph can be built for, with weights that can be read;
  /// the others are skipped with a printed line.
  static let supported: [ModelFixture] = Fixtures.names(in: "models").compactMap { name in
    guard let folder = Fixtures.folder("models") else { return nil }
    let fixture = ModelFixture(name: name, path: folder + "/" + name)
    if let reason = fixture.reasonToSkip() {
      print("skipped: model fixture \(name): \(reason)")
      return nil
    }
    return fixture
  }

  private func reasonToSkip() -> String? {
    guard FileManager.default.fileExists(atPath: path + "/goldens.safetensors") else {
      return "no goldens.safetensors"
    }
    do {
      let model = try ModelDirectory(path: path)
      let type = model.configuration["model_type"]?.string ?? "none"
      guard supportedModelTypes.contains(type) else { return "model_type \(type) isn't supported" }
      return nil
    } catch {
      return nil  // let the test show it
    }
  }

  /// A prompt, its golden logits and their greedy continuation.
  struct Golden {
    let promptIDs: [Int32]
    let greedyIDs: [Int32]
    /// Rows of the prompt's logits, then of the continuation's, whose first row is the prompt's last
    /// and left out here: (prompt + continuation - 1, vocabulary).
    let logits: [Float]
    /// What teacher forcing feeds to get them.
    var fedIDs: [Int32] { promptIDs + greedyIDs.dropLast() }
  }

  func golden(_ prompt: String) throws -> Golden {
    let file = try TensorFiles(path: path + "/goldens.safetensors")
    let greedy = try file.tensor(prompt + ".greedy_logits")
    let vocabulary = greedy.shape[1]
    return Golden(
      promptIDs: try file.tensor(prompt + ".prompt_ids").integers(),
      greedyIDs: try file.tensor(prompt + ".greedy_ids").integers(),
      logits: try file.tensor(prompt + ".prompt_logits").floats()
        + greedy.floats().dropFirst(vocabulary))
  }
}

/// How far logits are from golden ones.
struct LogitsError {
  let relativeL2: Double
  let maximum: Double

  init(_ logits: [Float], golden: [Float]) {
    precondition(logits.count == golden.count, "\(logits.count) logits, \(golden.count) golden")
    var (difference, norm, maximum) = (0.0, 0.0, 0.0)
    for (value, reference) in zip(logits, golden) {
      let error = Double(value) - Double(reference)
      difference += error * error
      norm += Double(reference) * Double(reference)
      maximum = max(maximum, error.isNaN ? .infinity : abs(error))
    }
    relativeL2 = (difference / norm).squareRoot()
    self.maximum = maximum
  }
}

extension SequenceRunner {
  /// The `count` most likely tokens after a prompt, each fed back in.
  func greedy(_ prompt: [Int32], count: Int) -> [Int32] {
    var continuation: [Int32] = []
    var fed = prompt
    while continuation.count < count {
      let logits = append(fed)
      let row = logits.suffix(logits.count / fed.count)
      let best = row.indices.max { row[$0] < row[$1] } ?? row.startIndex
      fed = [Int32(best - row.startIndex)]
      continuation += fed
    }
    return continuation
  }
}
