import JSON
import Runtime
import Testing

@testable import Server

/// What a model's makers recommend, where a request says nothing.
struct ModelDefaultsTests {
  private func defaults(_ configuration: JSONObject) -> SamplingParameters {
    SamplingParameters(modelDefaults: configuration)
  }

  @Test func `generation_config.json sets the defaults`() {
    let sampling = defaults(
      JSONObject([
        (key: "temperature", value: 0.6), (key: "top_p", value: 0.95), (key: "top_k", value: 20),
        (key: "min_p", value: 0.05), (key: "repetition_penalty", value: 1.1),
      ]))
    #expect(sampling.temperature == 0.6 && sampling.topP == 0.95 && sampling.topK == 20)
    #expect(sampling.minP == 0.05 && sampling.repetitionPenalty == 1.1)
  }

  @Test func `Without a word of the makers the temperature is 0.7`() {
    #expect(defaults(JSONObject()).temperature == 0.7)
  }

  @Test func `A model that isn't to be sampled is greedy`() {
    let configuration = JSONObject([
      (key: "do_sample", value: false), (key: "temperature", value: 0.6),
    ])
    #expect(defaults(configuration).temperature == 0)
  }

  @Test func `Nonsense in the file is left out`() {
    let configuration = JSONObject([
      (key: "temperature", value: -3), (key: "top_p", value: "high"), (key: "top_k", value: -1),
    ])
    #expect(defaults(configuration) == defaults(JSONObject()))
  }
}
