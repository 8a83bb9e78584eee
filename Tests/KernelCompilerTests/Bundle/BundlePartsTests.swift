import Foundation
import ModelABI
import ModelFiles
import Synchronization
import Testing

@testable import KernelCompiler

@Suite struct BundlePlaceTests {
  @Test func `a folder that isn't a bundle is never replaced`() throws {
    try inFolder { folder in
      let path = "\(folder)/precious"
      mkdir(path, 0o755)
      let error = #expect(throws: CompilerError.self) { try BundlePlace(path: path) }
      #expect(error?.description.contains("precious") == true)
    }
  }

  @Test func `a finished folder takes the place of the old one`() throws {
    try inFolder { folder in
      let place = try BundlePlace(path: "\(folder)/inner/model.mlxbundle")
      for text in ["old", "new"] {
        let fresh = "\(place.parent)/fresh"
        mkdir(fresh, 0o755)
        try text.write(toFile: "\(fresh)/manifest.json", atomically: false, encoding: .utf8)
        try place.receive(fresh)
      }
      let manifest = try String(contentsOfFile: "\(place.path)/manifest.json", encoding: .utf8)
      #expect(manifest == "new")
      #expect(try FileManager.default.contentsOfDirectory(atPath: place.parent) == [place.name])
    }
  }

  @Test func `the old bundle or the new one is there at every moment`() throws {
    try inFolder { folder in
      let place = try BundlePlace(path: "\(folder)/model.mlxbundle")
      func receive(_ number: Int) throws {
        let fresh = "\(folder)/fresh"
        mkdir(fresh, 0o755)
        let text = "\(number)"
        try text.write(toFile: "\(fresh)/manifest.json", atomically: false, encoding: .utf8)
        try place.receive(fresh)
      }
      try receive(0)
      let watch = Watch(path: place.path)
      for number in 1...100 { try receive(number) }
      #expect(watch.misses() == 0)
    }
  }
}

@Suite struct ModelFileCopiesTests {
  @Test func `all but weights and hidden files go into a bundle, links as what they lead to`()
    throws
  {
    try inFolder { folder in
      let files = [
        "config.json", "tokenizer.json", "chat_template.jinja", "merges.txt", "LICENSE",
        "model.safetensors", "model.safetensors.index.json", ".hidden.json", "photo.png",
      ]
      for name in files {
        try name.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
      }
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/vocab.json", withDestinationPath: "\(folder)/tokenizer.json")
      let names = try ModelFileCopies.names(in: folder)
      let expected = [
        "LICENSE", "chat_template.jinja", "config.json", "merges.txt", "tokenizer.json",
        "vocab.json",
      ]
      #expect(names == expected)
      try ModelFileCopies.copy("\(folder)/vocab.json", to: "\(folder)/copy.json")
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/copy.json")
      #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    }
  }

  @Test func `a folder that isn't there has no files`() throws {
    #expect(try ModelFileCopies.names(in: "/nowhere").isEmpty)
  }
}

@Suite struct DivergenceMeterTests {
  @Test func `equal logits don't diverge, whatever is added to all of them`() {
    let logits: [Float] = [1, 2, 3, -4]
    let shifted = logits.map { $0 + 100 }
    #expect(DivergenceMeter.divergence(of: logits[...], from: logits[...]) == 0)
    #expect(DivergenceMeter.divergence(of: shifted[...], from: logits[...]) < 1e-6)
  }

  @Test func `the divergence of two coins is the textbook's`() {
    // p = (3/4, 1/4), q = (1/2, 1/2): 3/4 ln(3/2) + 1/4 ln(1/2)
    let reference: [Float] = [log(3), 0]
    let divergence = DivergenceMeter.divergence(of: [0, 0], from: reference[...])
    #expect(abs(divergence - (0.75 * log(1.5) + 0.25 * log(0.5))) < 1e-6)
  }

  @Test func `mean, maximum and agreement are over positions`() {
    var meter = DivergenceMeter()
    meter.add([0, 1], reference: [0, 1])
    meter.add([1, 0], reference: [0, 1])
    let result = meter.result(prompts: 1)
    #expect(result.top1Agreement == 0.5)
    #expect(result.maximumKL == 2 * result.meanKL)
  }

  @Test func `fast and exact libraries have bounds of their own`() throws {
    func divergence(_ mean: Double) -> BundleManifest.Divergence {
      .init(meanKL: mean, maximumKL: mean, top1Agreement: 0.5, prompts: 8)
    }
    try NumericsCheck.checkBound(divergence(0.01), numerics: .fast)
    let error = #expect(throws: CompilerError.self) {
      try NumericsCheck.checkBound(divergence(0.2), numerics: .fast)
    }
    #expect(error?.description.contains("--numerics exact") == true)
    for mean in [0.01, .nan] {
      #expect(throws: CompilerError.self) {
        try NumericsCheck.checkBound(divergence(mean), numerics: .exact)
      }
    }
  }
}

@Suite struct VerificationSetTests {
  @Test func `prompts and logits come back as they were written`() throws {
    try inFolder { folder in
      let path = "\(folder)/verify.safetensors"
      let set = VerificationSet(
        tokens: [[1, 2, 3], [4, 5, 0]], positions: [0, 2],
        logits: [[[0.5, -1], [7, 8]], [[2, 3], [4, 5]]])
      try set.write(to: path)
      let read = try VerificationSet(path: path)
      #expect(read == set)
      #expect(read.length == 3)
    }
  }

  @Test func `every second token is compared, or the last of a short prompt`() {
    #expect(VerificationSet.positions(length: 8) == [1, 3, 5, 7])
    #expect(VerificationSet.positions(length: 2) == [1])
    #expect(VerificationSet.positions(length: 1) == [0])
  }

  @Test func `a set of another model is refused`() throws {
    let set = VerificationSet(tokens: [[1, 7]], positions: [1], logits: [[[0, 0, 0, 0]]])
    #expect(throws: CompilerError.self) { try set.check(vocabulary: 4) }
    #expect(throws: CompilerError.self) { try set.check(vocabulary: 8) }
  }
}

@Suite struct StepDriverTests {
  /// A model whose logits tell which row they belong to.
  private func driver(rows: Int = 4) -> StepDriver {
    let sizes = StepDriver.Sizes(vocabulary: 3, maximumRows: rows, pagePositions: 2, pageBytes: 64)
    return StepDriver(sizes: sizes, sequences: 2, positions: 5) { step in
      let step = step.pointee
      for (output, row) in (0..<Int(step.logit_rows)).map({ ($0, Int(step.logit_indices[$0])) }) {
        let sequence = Int(step.sequences[row])
        let page = step.page_tables[sequence]?[Int(step.positions[row]) / 2] ?? -1
        step.logits[output * 3] = Float(step.tokens[row])
        step.logits[output * 3 + 1] = Float(step.positions[row])
        step.logits[output * 3 + 2] = Float(page)
      }
    }
  }

  @Test func `every sequence has pages of its own`() {
    let driver = driver()
    let rows = [
      StepDriver.Row(token: 7, position: 4, sequence: 0),
      StepDriver.Row(token: 8, position: 2, sequence: 1),
    ]
    #expect(Array(driver.step(rows, wanted: [0, 1])) == [7, 4, 2, 8, 2, 4])
  }

  @Test func `a long prompt goes in steps, and answers for its last token or for all`() {
    let tokens: [Int32] = [10, 11, 12, 13, 14]
    #expect(driver(rows: 2).prefill(tokens[...]) == [14, 4, 2])
    let all = driver(rows: 2).prefill(tokens[...], allLogits: true)
    #expect(all.count == 15)
    #expect(stride(from: 0, to: 15, by: 3).map { all[$0] } == [10, 11, 12, 13, 14])
  }
}

@Suite struct StepTimingTests {
  @Test func `the most that rows can take follows from those timed`() {
    let known = [1: 10.0, 16: 40]
    #expect(StepTiming.most(4, known) == 40)
    #expect(StepTiming.most(2, known) == 20)
    #expect(StepTiming.most(64, known) == 160)
    #expect(StepTiming.most(1, [:]) == .infinity)
  }
}

/// Looks for a file again and again on a thread of its own.
private final class Watch: Sendable {
  private struct State {
    var isEnded = false
    var misses = 0
  }

  private let state = Mutex(State())
  private let ended = DispatchSemaphore(value: 0)

  init(path: String) {
    Thread.detachNewThread { [self] in
      while !state.withLock(\.isEnded) {
        if access(path, F_OK) != 0 { state.withLock { $0.misses += 1 } }
      }
      ended.signal()
    }
  }

  /// How often it wasn't there; ends the looking.
  func misses() -> Int {
    state.withLock { $0.isEnded = true }
    ended.wait()
    return state.withLock(\.misses)
  }
}
