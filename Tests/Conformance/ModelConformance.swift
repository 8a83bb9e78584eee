import GenericModel
import ModelFiles
import ModelGraph
import Testing

/// The generic backend against golden logits of the reference implementation: stored weights in
/// float32 arithmetic.
@Suite struct ModelConformance {
  private static let relativeTolerance = 1e-4
  private static let absoluteTolerance = 2e-3

  @Test(arguments: ModelFixture.supported)
  func `the generic backend gives the golden logits however the prompt is cut`(
    _ fixture: ModelFixture
  ) throws {
    let runner = try runner(fixture)
    for prompt in ["short", "long"] {
      let golden = try fixture.golden(prompt)
      for rows in [64, 7, 1] {
        runner.reset()
        let logits = runner.append(golden.fedIDs, rows: rows)
        let error = LogitsError(logits, golden: golden.logits)
        #expect(error.relativeL2 <= Self.relativeTolerance, "\(prompt), steps of \(rows)")
        #expect(error.maximum <= Self.absoluteTolerance, "\(prompt), steps of \(rows)")
      }
    }
  }

  @Test(arguments: ModelFixture.supported)
  func `the generic backend continues as the reference does`(_ fixture: ModelFixture) throws {
    let runner = try runner(fixture)
    for prompt in ["short", "long"] {
      let golden = try fixture.golden(prompt)
      runner.reset()
      let continuation = runner.greedy(golden.promptIDs, count: golden.greedyIDs.count)
      #expect(continuation == golden.greedyIDs, "\(prompt)")
    }
  }

  private func runner(_ fixture: ModelFixture) throws -> SequenceRunner {
    let graph = try buildGraph(ModelDirectory(path: fixture.path))
    let model = try GenericModel(graph: graph, threads: 1, maximumRows: 64, pagePositions: 16)
    return SequenceRunner(model, positions: 64)
  }
}
