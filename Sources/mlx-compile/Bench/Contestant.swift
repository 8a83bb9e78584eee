import Foundation
import KernelCompiler
import ModelFiles
import Runtime

/// One model under measurement: loaded, with memory for its sequences, and what was measured.
final class Contestant {
  let name: String
  let numerics: String
  let model: any LanguageModel
  let loadSeconds: Double
  /// From nothing to the logits of the prompt's last token.
  let firstTokenSeconds: Double
  /// What the process grew by while the model was loaded and read its first prompt.
  let residentBytes: Int
  /// What that was expected to be: weights, keys and values, scratch. Nil where nobody knows.
  let plannedBytes: Int?
  /// What was compiled; its kernels are timed.
  let bundle: ModelBundle?
  private(set) var promptProfile = KernelProfile()
  private(set) var generationProfile = KernelProfile()
  private(set) var promptRates: [Double] = []
  private(set) var generationRates: [Double] = []
  /// Steps per second while generating.
  private(set) var stepRates: [Double] = []
  private let promptTokens: Int
  private let driver: StepDriver
  private var clock: KernelClock?
  private var isWarm = false

  var manifest: BundleManifest? { bundle?.manifest }

  /// Name of the library that runs.
  var target: String { (model as? CompiledModel)?.target ?? Target.defaultName }

  /// How long the first token took to come beyond what the same prompt takes later.
  var startSeconds: Double {
    firstTokenSeconds - Double(promptTokens) / max(Samples(promptRates).median, 1e-9)
  }

  convenience init(bundle: ModelBundle, workload: Workload) throws {
    try self.init(
      name: "compiled", numerics: bundle.manifest.numerics, workload: workload, bundle: bundle
    ) {
      try CompiledModel(bundle: bundle, threads: workload.threads)
    }
  }

  init(
    name: String, numerics: String, workload: Workload, bundle: ModelBundle? = nil,
    load: () throws -> any LanguageModel
  ) throws {
    self.name = name
    self.numerics = numerics
    self.bundle = bundle
    promptTokens = workload.prompt
    let before = residentMemory()
    let started = ContinuousClock.now
    let model = try load()
    loadSeconds = started.duration(to: .now).seconds
    self.model = model
    try workload.check(fits: model)
    let sizes = StepDriver.Sizes(
      vocabulary: model.vocabulary, maximumRows: model.maximumRows,
      pagePositions: model.pagePositions, pageBytes: model.pageBytes)
    driver = StepDriver(
      sizes: sizes, sequences: workload.batch, positions: workload.positions
    ) { model.run($0) }
    let tokens = (0..<workload.prompt).map { Workload.token($0, vocabulary: model.vocabulary) }
    _ = driver.prefill(tokens[...])
    firstTokenSeconds = started.duration(to: .now).seconds
    residentBytes = residentMemory() - before
    let cacheBytes = driver.pageBytes
    plannedBytes = bundle.map { _ in
      model.memory.weightBytes + model.memory.scratchBytes + cacheBytes
    }
    clock = bundle.map { KernelClock(kernels: $0.manifest.kernels.count) }
    driver.kernelSeconds = clock?.seconds.baseAddress
  }

  /// One round: reads the prompt, then generates.
  func measure(_ workload: Workload) {
    if !isWarm { warmUp(workload) }
    let tokens = tokens(workload.prompt)
    _ = clock?.take()
    let seconds = time { _ = driver.prefill(tokens[...]) }
    promptRates.append(Double(tokens.count) / seconds)
    var prompt = Passage()
    prompt.addPrompt(tokens: tokens.count, maximumRows: model.maximumRows)
    if let clock { promptProfile.add(prompt, seconds: clock.take()) }
    measureGeneration(workload)
  }

  private func measureGeneration(_ workload: Workload) {
    var passage = Passage()
    var steps = 0
    let generationSeconds = time {
      let started = ContinuousClock.now
      while steps < workload.generate, started.duration(to: .now) < workload.roundLimit {
        generate(at: workload.depth + steps, workload)
        steps += 1
        passage.addDecode(sequences: workload.batch, depth: workload.depth + steps)
      }
    }
    if let clock { generationProfile.add(passage, seconds: clock.take()) }
    stepRates.append(Double(steps) / generationSeconds)
    generationRates.append(Double(steps * workload.batch) / generationSeconds)
  }

  /// The logits of every token of a short prompt, to compare models by.
  func logits(of tokens: [Int32]) -> [Float] { driver.prefill(tokens[...], allLogits: true) }

  /// Fills the cache of every sequence, and wakes threads and clocks.
  private func warmUp(_ workload: Workload) {
    isWarm = true
    let tokens = tokens(workload.depth)
    // The first sequence has had the prompt.
    for sequence in (workload.depth <= workload.prompt ? 1 : 0)..<workload.batch {
      _ = driver.prefill(tokens[...], sequence: sequence)
    }
    let started = ContinuousClock.now
    for step in 0..<min(workload.generate, 4)
    where started.duration(to: .now) < workload.roundLimit {
      generate(at: workload.depth + step, workload)
    }
  }

  private func generate(at position: Int, _ workload: Workload) {
    let rows = (0..<workload.batch).map { sequence in
      let token = Workload.token(position + 31 * sequence, vocabulary: model.vocabulary)
      return StepDriver.Row(token: token, position: position, sequence: sequence)
    }
    driver.step(rows, wanted: Array(rows.indices))
  }

  private func tokens(_ count: Int) -> [Int32] {
    (0..<count).map { Workload.token($0, vocabulary: model.vocabulary) }
  }

  private func time(_ body: () -> Void) -> Double {
    let started = ContinuousClock.now
    body()
    return started.duration(to: .now).seconds
  }
}

extension Workload {
  /// Refuses what the model has no positions or rows for, and this machine no memory.
  fileprivate func check(fits model: any LanguageModel) throws {
    guard positions <= model.contextLimit else {
      throw CompilerError(
        "\(positions) positions are more than the model's context of \(model.contextLimit); make "
          + "--prompt, --depth or --generate smaller")
    }
    guard batch <= model.maximumRows else {
      throw CompilerError(
        "--batch \(batch): a step of this model has \(model.maximumRows) rows at most")
    }
    let pages = (positions + model.pagePositions - 1) / model.pagePositions * batch
    let cacheBytes = pages * model.pageBytes
    let memoryBytes = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard cacheBytes < memoryBytes else {
      throw CompilerError(
        "keys and values of \(batch) times \(positions) positions take \(byteText(cacheBytes)), but "
          + "this machine has \(byteText(memoryBytes)); make --batch, --prompt, --depth or "
          + "--generate smaller")
    }
  }
}

/// Bytes of memory that this process has in use, mapped files included; 0 where nothing tells.
func residentMemory() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
    return 0
  }
  let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
  return (number.flatMap { Int($0) } ?? 0) << 10
}
