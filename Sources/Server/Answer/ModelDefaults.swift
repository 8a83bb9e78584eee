import JSON
import Runtime

extension SamplingParameters {
  /// Where neither the request nor the model's makers say anything: lively but seldom off course.
  static let defaultTemperature: Float = 0.7

  /// What the model's makers recommend in generation_config.json, for requests that don't say.
  public init(modelDefaults configuration: JSONObject) {
    self.init()
    func number(_ key: String, in range: ClosedRange<Double>) -> Float? {
      configuration[key]?.double.flatMap { range.contains($0) ? Float($0) : nil }
    }
    temperature = number("temperature", in: 0...10) ?? Self.defaultTemperature
    if configuration["do_sample"]?.bool == false { temperature = 0 }
    if let p = number("top_p", in: 0...1) { topP = p }
    if let p = number("min_p", in: 0...1) { minP = p }
    if let p = number("typical_p", in: 0...1) { typicalP = p }
    if let k = configuration["top_k"]?.integer, k >= 0 { topK = k }
    if let penalty = number("repetition_penalty", in: 0.01...10) { repetitionPenalty = penalty }
  }
}
