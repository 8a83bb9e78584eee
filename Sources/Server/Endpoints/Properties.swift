import Hummingbird
import JSON
import ModelFiles

extension Endpoint {
  /// What is served and what it can do.
  static let properties = Endpoint(
    .get, "/props", "/v1/props",
    api: APIDescription("What is served and what it can do.", answer: Schema.anyObject)
  ) { _, _, server in
    .json(try server.slot.ready().properties(name: server.configuration.modelID))
  }
}

extension ServedModel {
  fileprivate func properties(name: String) -> JSON {
    let settings = engine.configuration
    let plan = engine.memoryPlan
    return [
      "model": .string(name),
      "backend": .string(backend),
      "version": .string(generatorVersion),
      "system_fingerprint": .string(fingerprint),
      "context_size": .integer(settings.contextSize),
      "parallel": .integer(settings.parallel),
      "queue_limit": .integer(settings.queueLimit),
      "vocabulary": .integer(traits.vocabulary),
      "memory": [
        "total_bytes": .integer(plan.totalBytes),
        "weights_bytes": .integer(plan.model.weightBytes),
        "scratch_bytes": .integer(plan.model.scratchBytes),
        "cache_bytes": .integer(plan.cacheBytes),
        "logits_bytes": .integer(plan.logitBytes),
        "draft_model_bytes": .integer(plan.draftModelBytes),
        "server_bytes": .integer(plan.reservedBytes),
      ],
      "modalities": ["text"],
      "capabilities": chat.capabilities.json,
      "default_sampling": defaultSampling,
    ]
  }

  /// What is used where a request says nothing.
  private var defaultSampling: JSON {
    let sampling = traits.sampling
    return [
      "temperature": .number(Double(sampling.temperature)),
      "top_p": .number(Double(sampling.topP)), "top_k": .integer(sampling.topK),
      "min_p": .number(Double(sampling.minP)), "typical_p": .number(Double(sampling.typicalP)),
      "repetition_penalty": .number(Double(sampling.repetitionPenalty)),
    ]
  }
}
