import ArgumentParser
import Chat
import Foundation
import KernelCompiler
import Machine
import ModelFiles
import Runtime

/// Shows what a bundle holds and what serving it takes.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a bundle holds and what serving it takes.",
    discussion: """
        mlx-compile inspect Qwen3-0.6B-4bit.mlxbundle
        mlx-compile inspect Qwen3-0.6B-4bit.mlxbundle --context-size 32k
        mlx-compile inspect Qwen3-0.6B-4bit --chat
      """)

  @Argument(help: "A bundle; with --chat also a model folder.")
  var bundle: String

  @Option(
    name: [.long, .customLong("ctx-size")], parsing: .unconditional,
    help: "Positions to count memory for.")
  var contextSize = Count(4096)

  @Flag(help: "Show what the chat template can do, and what is wrong with it.")
  var chat = false

  func validate() throws {
    try check(contextSize.value, in: 1...Count.positionsAtMost, "--context-size")
  }

  func run() throws {
    let location = try ModelLocation.resolve(bundle)
    if chat { return try showChat(location.path) }
    guard case .bundle(let path) = location else {
      throw ValidationError("\(bundle) is a model, not a bundle; compile it first.")
    }
    let bundle = try ModelBundle(path: path)
    print(
      (heading(bundle) + targets(bundle) + memory(bundle) + kernels(bundle) + speed(bundle))
        .joined(separator: "\n"))
  }

  private func showChat(_ path: String) throws {
    let report = chatReport(directory: path)
    print(report.description, terminator: "")
    if report.findings.contains(where: { $0.severity == .error }) { throw ExitCode.failure }
  }

  private func heading(_ bundle: ModelBundle) -> [String] {
    let manifest = bundle.manifest
    let numerics = manifest.divergence.map { ", " + divergenceText($0) } ?? ""
    return [
      "\(bundle.path)", "  made by     \(manifest.generator)",
      "  model type  \(manifest.modelType)", "  numerics    \(manifest.numerics)\(numerics)",
      "  cache type  \(manifest.cacheType)",
      "  signature   \(manifest.signature)",
    ]
  }

  private func targets(_ bundle: ModelBundle) -> [String] {
    var runsHere = false
    let lines = bundle.manifest.targets.map { target in
      let missing = ProcessorFeatures.ofThisMachine.missing(from: target.cpuFeatures)
      runsHere = runsHere || missing.isEmpty
      let verdict =
        missing.isEmpty
        ? "runs here" : "not here, this CPU lacks " + missing.joined(separator: ", ")
      return "  \(target.name) (\(target.compiler)): \(verdict)"
    }
    return ["", "targets"] + lines + (runsHere ? [] : ["  " + BundleManifest.noTargetAdvice])
  }

  private func memory(_ bundle: ModelBundle) -> [String] {
    let sizes = bundle.manifest.sizes
    let threads = availableThreads()
    let scratch = sizes.scratchBytes[threads] ?? sizes.scratchBytes.values.max() ?? 0
    let pages = (contextSize.value + sizes.pagePositions - 1) / max(sizes.pagePositions, 1)
    let cache = pages * sizes.pageBytes
    let rows = [
      ("weights, mapped and shared", sizes.weightsBytes),
      ("cache of \(contextSize.value) positions in \(bundle.manifest.cacheType)", cache),
      ("scratch, \(threads) threads", scratch),
      ("together", sizes.weightsBytes + cache + scratch),
    ]
    return ["", "memory"] + table(rows.map { ["  " + $0.0, byteText($0.1)] })
      + ["  mlx-server adds logits, requests, grammars, stored responses and itself: see its plan"]
  }

  private func kernels(_ bundle: ModelBundle) -> [String] {
    guard !bundle.manifest.kernels.isEmpty else { return [] }
    let rows = bundle.manifest.kernels.map { kernel in
      [
        "  " + kernel.name, "\(kernel.calls)", byteText(kernel.weightBytes),
        countText(kernel.operationsPerRow), byteText(kernel.pageBytesPerPosition),
        countText(kernel.operationsPerPosition),
      ]
    }
    let title = [
      "  kernel", "calls", "weights", "operations/row", "cache/position", "operations/position",
    ]
    return ["", "a step"] + table([title] + rows)
  }

  /// Predicted and achieved time of every kernel, as `bench --store` or the compile left them.
  private func speed(_ bundle: ModelBundle) -> [String] {
    guard let speed = bundle.manifest.speed else {
      return ["", "speed: not measured; mlx-compile bench \(bundle.path) --store"]
    }
    let computing = computingText(
      int8: speed.int8OperationsPerSecond, int16: speed.int16OperationsPerSecond,
      float: speed.floatOperationsPerSecond, bf16: speed.bf16OperationsPerSecond)
    let limits = String(format: "reads %.1f GB/s, ", speed.readBytesPerSecond / 1e9) + computing
    let (generation, prompt) = (speed.generation, speed.prompt)
    let titles = [
      (generation, "  \(generation.tokens) generated from position \(generation.depth)"),
      (prompt, "  a prompt of \(prompt.tokens)"),
    ]
    return ["", "speed, \(speed.target), measured on a machine that \(limits)"]
      + ["  " + speedText(speed)]
      + titles.flatMap { passage, title in
        [""] + table([[title, "predicted", "took", "share"]] + passage.kernels.map(timeRow))
      }
  }

  private func timeRow(_ kernel: BundleManifest.Speed.KernelTime) -> [String] {
    [
      "  " + kernel.name, String(format: "%.3f ms", kernel.predicted * 1e3),
      String(format: "%.3f ms", kernel.achieved * 1e3),
      kernel.predicted > 0 ? String(format: "%.2f", kernel.share) : "",
    ]
  }
}

/// Columns set apart by two spaces, the first flush left and the others flush right.
func table(_ rows: [[String]]) -> [String] {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    row.enumerated().map { column, text in
      let padding = String(repeating: " ", count: widths[column] - text.count)
      return column == 0 ? text + padding : padding + text
    }.joined(separator: "  ")
  }
}

/// "1.2 G": powers of ten.
func countText(_ count: Int) -> String {
  let units = [("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)]
  for (unit, size) in units where Double(count) >= size {
    return String(format: "%.2f ", Double(count) / size) + unit
  }
  return String(count)
}
