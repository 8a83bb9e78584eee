import ModelFiles
import ModelGraph
import Testing

@testable import KernelCompiler

/// Fusion, memory and plan of small models, as text.
@Suite struct StageTests {
  @Test func `a layer fuses into five kernels`() throws {
    let graph = TestModel(headNorm: true).graph()
    let lines = clusters(of: graph).map { $0.summary.replacing("layers.0.", with: "") }
    #expect(
      lines == [
        "embedding",
        "attention.norm + attention.query + attention.key + attention.value"
          + " + attention.query_norm + attention.key_norm + attention.query_rope"
          + " + attention.key_rope",
        "attention.attend",
        "attention.output + attention.residual",
        "mlp.norm + mlp.gate + mlp.up + mlp.activation + mlp.product",
        "mlp.down + mlp.residual",
        "final_norm + logits",
      ])
  }

  @Test func `operations without a kernel are named`() throws {
    var weights = TestWeights(seed: 1)
    var build = GraphBuilder(
      modelType: "odd", vocabulary: 8, hidden: 8, layers: 0, contextLimit: 8)
    let x = build.embed("embedding", Embedding(weight: weights.matrix(8, 8), scale: 1))
    let y = build.linear("logits", x, Linear(weight: weights.matrix(8, 8), bias: nil))
    let bent = build.activation("bend", y, .gelu)
    #expect(
      throws: CompilerError(
        "no kernel computes logits + bend of model_type odd; "
          + "the generic backend (--backend generic) runs this model")
    ) {
      try plan(build.graph(logits: bent), target: .x8664v3, numerics: .fast)
    }
  }

  @Test func `the arena reuses what nobody needs any more`() {
    var arena = Arena()
    #expect(arena.place(ArenaRequest(bytes: 100, first: 0, last: 9)) == 0)
    #expect(arena.place(ArenaRequest(bytes: 64, first: 1, last: 2)) == 128)
    #expect(arena.place(ArenaRequest(bytes: 10, first: 2, last: 3)) == 192)
    #expect(arena.place(ArenaRequest(bytes: 200, first: 3, last: 4)) == 256)
    #expect(arena.place(ArenaRequest(bytes: 60, first: 4, last: 5)) == 128)
    #expect(arena.bytes == 512)
  }

  @Test func `layers of the same shape share functions, others get their own`() throws {
    let formats: [WeightFormat] = [.dense(.float32), .dense(.float32), .dense(.float16)]
    let plan = try plan(
      TestModel(layers: 3, formats: formats).graph(), target: .x8664v3, numerics: .exact)
    #expect(
      plan.functions.map { "\($0.name) \($0.calls.count)" } == [
        "rope_table 1", "embed 1", "attention_heads 2", "attention 3", "attention_output 2",
        "gate_and_up 2", "mlp_down 2", "attention_heads_variant2 1", "attention_output_variant2 1",
        "gate_and_up_variant2 1", "mlp_down_variant2 1", "logits 1",
      ])
  }

  @Test func `weights are placed alike for all targets and both numerics`() throws {
    let graph = TestModel(
      hidden: 64, intermediate: 64, tied: true,
      format: .affine(bits: 6, groupSize: 32, scaleType: .float16)
    ).graph()
    let plans = try [Target.x8664v3, .x8664v4bf16].flatMap { target in
      try Numerics.allCases.map { try plan(graph, target: target, numerics: $0) }
    }
    #expect(Set(plans.map(\.signature)).count == 1)
    #expect(Set(plans.map(\.weightsBytes)).count == 1)
    let embed = plans[0].functions.first { $0.name == "embed" }
    let head = plans[0].tensors.first { $0.name == "logits" }
    #expect(embed?.calls.first?.weights == head?.offset, "the tied table is stored once")
  }

  @Test(arguments: [Target.x8664v3, .x8664v4bf16])
  func `costs are counted alike for all targets`(_ target: Target) throws {
    let model = TestModel(
      hidden: 64, intermediate: 64, layers: 2,
      formats: [.dense(.bfloat16), .affine(bits: 4, groupSize: 32, scaleType: .float32)])
    let fast = try plan(model.graph(), target: target, numerics: .fast).kernels
    let layers = fast.filter { $0.name.hasPrefix("mlp_down") }
    #expect(layers.count == 2)
    #expect(layers.map(\.bf16OperationsPerRow) == [layers[0].operationsPerRow, 0])
    #expect(layers.map(\.int8OperationsPerRow) == [0, layers[1].operationsPerRow])
    let exact = try plan(model.graph(), target: target, numerics: .exact).kernels
    #expect(exact.allSatisfy { $0.bf16OperationsPerRow == 0 && $0.int8OperationsPerRow == 0 })
    #expect(exact.map(\.operationsPerRow) == fast.map(\.operationsPerRow))
    let attention = try #require(fast.first { $0.name == "attention" })
    #expect(attention.operationsPerPosition > 0)
    #expect(attention.int16OperationsPerPosition == attention.operationsPerPosition)
    #expect(exact.allSatisfy { $0.int16OperationsPerPosition == 0 })
  }

  @Test func `a native target needs what its compiler may use`() {
    let macros: Set = ["__AVX2__", "__FMA__", "__F16C__", "__GFNI__", "__AVX__"]
    let target = Target.native(predefinedMacros: macros)
    #expect(target.instructions == .avx2)
    #expect(target.cpuFeatures == ["avx", "avx2", "f16c", "fma", "gfni"])
    let vnni = Target.native(predefinedMacros: macros.union(["__AVXVNNI__"]))
    #expect(vnni.instructions == .avxvnni)
    #expect(vnni.cpuFeatures.contains("avx_vnni"))
    #expect(Target.native(predefinedMacros: []).instructions == .portable)
    let v4: Set = ["__AVX512F__", "__AVX512BW__", "__AVX512DQ__", "__AVX512VL__"]
    let capable = Target.native(predefinedMacros: v4.union(["__AVX512VNNI__", "__AVX512BF16__"]))
    #expect(capable.instructions == .avx512bf16)
    #expect(capable.cpuFeatures.contains("avx512_bf16"))
    let without = Target.native(predefinedMacros: v4.union(["__AVX512BF16__"]))
    #expect(without.instructions == .avx512, "that tier multiplies bytes by VNNI")
    #expect(
      throws: CompilerError(
        "target x99 is unknown; the targets are native, x86-64-v4-bf16, x86-64-v4-vnni, x86-64-v4, "
          + "x86-64-v3-vnni, x86-64-v3")
    ) { try Target.named("x99", predefinedMacros: []) }
  }
}
