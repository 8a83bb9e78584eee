import ModelABI
import ModelFiles
import ModelGraph
import Testing

@testable import GenericModel

@Suite struct GenericModelTests {
  private static let tokens: [Int32] = (0..<41).map { ($0 * 7 + 3) % 11 }

  private func model(
    _ graph: Graph, threads: Int = 2, maximumRows: Int = 64, pagePositions: Int = 5,
    blas: BLAS = .shared, availableBytes: Int = .max
  ) throws -> GenericModel {
    try GenericModel(
      graph: graph, threads: threads, maximumRows: maximumRows, pagePositions: pagePositions,
      blas: blas, availableBytes: availableBytes)
  }

  @Test(arguments: [
    HandBuilt.Shape(), HandBuilt.Shape(keyValueHeads: 4), HandBuilt.Shape(keyValueHeads: 1),
    HandBuilt.Shape(window: 1), HandBuilt.Shape(window: 7), HandBuilt.Shape(interleaved: true),
    HandBuilt.Shape(interleaved: true, rotated: 2), HandBuilt.Shape(rotated: 4),
    HandBuilt.Shape(dynamic: .init(base: 100, factor: 3, limit: 10)),
  ])
  func `attention agrees with its definition however a prompt is cut`(
    _ shape: HandBuilt.Shape
  ) throws {
    var hand = HandBuilt(seed: 3)
    let graph = hand.attentionModel(shape)
    let reference = SlowReference(graph: graph).logits(Self.tokens)
    for pagePositions in [1, 5, 64] {
      let runner = SequenceRunner(
        try model(graph, pagePositions: pagePositions), positions: Self.tokens.count)
      for rows in [41, 7, 1] {
        runner.reset()
        #expect(difference(runner.append(Self.tokens, rows: rows), reference) < 2e-5)
      }
    }
  }

  @Test func `plain loops and weights expanded in every step give the same answers`() throws {
    var hand = HandBuilt(seed: 4)
    let graph = hand.attentionModel(HandBuilt.Shape())
    let reference = SlowReference(graph: graph).logits(Self.tokens)
    for blas in [BLAS.shared, .plain] {
      for availableBytes in [Int.max, 0] {
        let model = try model(graph, blas: blas, availableBytes: availableBytes)
        let runner = SequenceRunner(model, positions: Self.tokens.count)
        #expect(difference(runner.append(Self.tokens), reference) < 2e-5)
      }
    }
  }

  @Test func `operations between the products agree with their definitions`() throws {
    for activation in [Activation.silu, .gelu, .geluTanh, .relu] {
      var hand = HandBuilt(seed: 5)
      let graph = hand.rowwiseModel(activation)
      let runner = SequenceRunner(try model(graph), positions: 11)
      let tokens = (0..<11).map(Int32.init)
      let reference = SlowReference(graph: graph).logits(tokens)
      #expect(difference(runner.append(tokens), reference) < 2e-5, "\(activation)")
    }
  }

  @Test func `only the rows whose logits are asked for are answered`() throws {
    var hand = HandBuilt(seed: 6)
    let graph = hand.attentionModel(HandBuilt.Shape())
    let model = try model(graph)
    let whole = SequenceRunner(model, positions: 41).append(Self.tokens)
    let last = SequenceRunner(model, positions: 41).appendPrompt(Self.tokens, rows: 16)
    #expect(last.count == 11)
    for (value, reference) in zip(last, whole.suffix(11)) { #expect(abs(value - reference) < 1e-5) }
  }

  @Test func `sequences in one step don't see each other`() throws {
    var hand = HandBuilt(seed: 7)
    let model = try model(hand.attentionModel(HandBuilt.Shape(window: 9)), pagePositions: 4)
    let prompts: [[Int32]] = [[1, 2, 3, 4, 5, 6, 7], [9, 8], [10, 0, 5, 5, 1]]
    let alone = prompts.map { SequenceRunner(model, positions: 8).appendPrompt($0) }
    let together = try batched(model, prompts)
    for (left, right) in zip(alone.joined(), together) { #expect(abs(left - right) < 1e-5) }
  }

  /// The logits of every prompt's last row, all prompts in one step; every sequence has two pages.
  private func batched(_ model: GenericModel, _ prompts: [[Int32]]) throws -> [Float] {
    let tokens = prompts.flatMap { $0 }
    let positions = prompts.flatMap { $0.indices.map(Int32.init) }
    let sequences = prompts.enumerated().flatMap { index, prompt in
      [Int32](repeating: Int32(index), count: prompt.count)
    }
    var ends: [Int32] = []
    for prompt in prompts { ends.append((ends.last ?? -1) + Int32(prompt.count)) }
    let pages = UnsafeMutableRawPointer.allocate(
      byteCount: model.pageBytes * 2 * prompts.count, alignment: 64)
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: model.scratchBytes, alignment: 64)
    let numbers = UnsafeMutablePointer<Int32>.allocate(capacity: 2 * prompts.count)
    defer {
      pages.deallocate()
      scratch.deallocate()
      numbers.deallocate()
    }
    for index in 0..<2 * prompts.count { numbers[index] = Int32(2 * prompts.count - 1 - index) }
    let tables: [UnsafePointer<Int32>?] = prompts.indices.map { UnsafePointer(numbers + 2 * $0) }
    var logits = [Float](repeating: 0, count: prompts.count * model.vocabulary)
    tokens.withUnsafeBufferPointer { tokens in
      positions.withUnsafeBufferPointer { positions in
        sequences.withUnsafeBufferPointer { sequences in
          ends.withUnsafeBufferPointer { ends in
            tables.withUnsafeBufferPointer { tables in
              logits.withUnsafeMutableBufferPointer { logits in
                var step = model_step(
                  rows: Int32(tokens.count), tokens: tokens.baseAddress,
                  positions: positions.baseAddress, sequences: sequences.baseAddress,
                  page_tables: tables.baseAddress, logit_rows: Int32(ends.count),
                  logit_indices: ends.baseAddress, logits: logits.baseAddress, weights: nil,
                  pages: pages, scratch: scratch, streams: 0, kernel_seconds: nil)
                model.run(&step)
              }
            }
          }
        }
      }
    }
    return logits
  }

  @Test func `loading reports its progress and says what runs`() throws {
    var hand = HandBuilt(seed: 8)
    let graph = hand.quantizedModel()
    var shares: [Double] = []
    let model = try GenericModel(
      graph: graph, threads: 1, maximumRows: 8, pagePositions: 8, blas: .shared,
      availableBytes: .max
    ) { shares.append($0) }
    #expect(shares.last == 1)
    #expect(shares == shares.sorted())
    #expect(model.residentBytes == 64 * 64 * 4)
    #expect(model.backend.hasPrefix("generic, "))
    let frugal = try GenericModel(
      graph: graph, threads: 1, maximumRows: 8, pagePositions: 8, blas: .plain, availableBytes: 0)
    #expect(frugal.residentBytes == 0)
    #expect(frugal.backend.contains("OpenBLAS is not installed"))
    #expect(frugal.backend.contains("expanded in every step"))
  }
}

extension HandBuilt {
  /// An embedding, every operation that works on rows by themselves, and an output head.
  mutating func rowwiseModel(_ activation: Activation) -> Graph {
    var build = GraphBuilder(
      modelType: "toy", vocabulary: 11, hidden: 12, layers: 0, contextLimit: 100)
    let table = matrix("table", rows: 11, columns: 12)
    let x = build.embed("embedding", Embedding(weight: table))
    let rms = Norm(
      weight: vector("rms", 4), weightOffset: 1, epsilon: 0.01, heads: 3)
    let layer = Norm(
      style: .layer, weight: vector("layer", 12), bias: vector("layer.bias", 12), epsilon: 0.1)
    let bare = Norm(weight: nil, epsilon: 0.5)
    let first = build.norm("rms", x, rms)
    let second = build.activation("activation", build.scale("scale", first, by: 3), activation)
    let third = build.multiply("multiply", second, build.norm("layer", x, layer))
    let fourth = build.add("add", third, build.softcap("softcap", first, limit: 0.5))
    let logits = build.linear(
      "logits", build.norm("bare", fourth, bare),
      Linear(weight: matrix("head", rows: 11, columns: 12), bias: vector("head.bias", 11)))
    return build.graph(logits: logits)
  }

  /// A quantised embedding that serves as output head too.
  mutating func quantizedModel() -> Graph {
    let (rows, columns) = (64, 64)
    let codes = (0..<rows * columns / 2).map { _ in UInt8.random(in: 0...255, using: &random) }
    let table = WeightMatrix(
      path: "table", rows: rows, columns: columns,
      format: .affine(bits: 4, groupSize: 32, scaleType: .float32),
      weight: StoredTensor(name: "table.weight", type: .uint32, shape: [64, 8], bytes: codes),
      scales: StoredTensor(name: "table.scales", shape: [64, 2], values: values(128)),
      biases: StoredTensor(name: "table.biases", shape: [64, 2], values: values(128)))
    var build = GraphBuilder(
      modelType: "toy", vocabulary: rows, hidden: columns, layers: 0, contextLimit: 100)
    let x = build.embed("embedding", Embedding(weight: table))
    let logits = build.linear("logits", x, Linear(weight: table))
    return build.graph(logits: logits)
  }
}
