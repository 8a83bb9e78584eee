import Foundation
import ModelFiles
import ModelGraph
import Testing

@Suite struct GraphTests {
  /// Expected text stands beside each model. UPDATE_GENERATED=1 rewrites it and fails once more.
  @Test(arguments: ["llama", "mistral-layer-types", "qwen2-yarn", "qwen3-mixed"])
  func `the graph of a model prints as expected`(_ fixture: String) throws {
    let folder = ModelCopy.fixtures + "/" + fixture
    let text = printGraph(try buildGraph(ModelDirectory(path: folder)))
    let expected = URL(fileURLWithPath: folder + "/graph.txt")
    if ProcessInfo.processInfo.environment["UPDATE_GENERATED"] == "1" {
      try text.write(to: expected, atomically: true, encoding: .utf8)
      Issue.record("\(fixture)/graph.txt was written; read the difference")
    }
    #expect(try text == String(contentsOf: expected, encoding: .utf8))
  }

  @Test func `every value is written once, before it is read`() throws {
    for fixture in ["llama", "mistral", "qwen2", "qwen3"] {
      let graph = try buildGraph(ModelDirectory(path: ModelCopy.fixtures + "/" + fixture))
      var written: Set<Value.ID> = []
      for operation in graph.operations {
        #expect(written.isSuperset(of: operation.inputs), "\(operation.role)")
        #expect(written.insert(operation.output).inserted, "\(operation.role)")
      }
      #expect(Set(graph.operations.map(\.role)).count == graph.operations.count)
      let logits = try #require(graph.logits)
      #expect(written.contains(logits))
      #expect(graph[logits].columns == graph.vocabulary)
    }
  }

  @Test func `a graph can be built by hand`() throws {
    var build = GraphBuilder(
      modelType: "toy", vocabulary: 3, hidden: 4, layers: 1, contextLimit: 8)
    func matrix(_ path: String, rows: Int, columns: Int) -> WeightMatrix {
      let values = [Float](repeating: 1, count: rows * columns)
      return WeightMatrix(
        path: path, rows: rows, columns: columns, format: .dense(.float32),
        weight: StoredTensor(name: path + ".weight", shape: [rows, columns], values: values))
    }
    let table = matrix("table", rows: 3, columns: 4)
    let x = build.embed("embedding", Embedding(weight: table, scale: 2))
    build.layer = 0
    let rope = Rope(heads: 2, headDimension: 2, inverseFrequencies: [1], interleaved: true)
    let query = build.rope("rope", x, rope)
    let attended = build.attention(
      "attention", query, query, x, heads: 2, keyValueHeads: 2, scale: 0.5, window: 3)
    let normed = build.norm(
      "norm", attended, Norm(style: .layer, weight: nil, weightOffset: 1, epsilon: 0.5, heads: 2))
    let capped = build.softcap("cap", build.scale("scale", normed, by: 0.25), limit: 30)
    build.layer = nil
    let logits = build.linear("logits", capped, Linear(weight: table))
    let graph = build.graph(logits: logits)
    #expect(
      printGraph(graph) == """
        toy: 1 layers, 4 hidden, 3 vocabulary, 8 positions
        7 operations, 1 with a cache; 1 tensors, 48 bytes

        before the layers:
          embedding  rows x 4  embed(tokens) * 2.0, 3 x 4 float32

        layer 0:
          rope       rows x 4  rope(input), 2 heads of 2, 2 rotated, frequencies 1.0 to 1.0, interleaved
          attention  rows x 4  attention(rope, rope, input), 2 heads of 2 over 2, scale 0.5, window 3
          norm       rows x 4  layer_norm(attention), each of 2 heads, no weight, epsilon 0.5
          scale      rows x 4  scale(norm) * 0.25
          cap        rows x 4  softcap(scale) at 30.0

        after the layers:
          logits  rows x 3  linear(layers.0.cap), 3 x 4 float32

        """)
  }
}
