import Hummingbird
import ModelFiles
import Runtime

extension Endpoint {
  /// Counters, gauges and histograms for Prometheus.
  static let metrics = Endpoint(
    .get, "/metrics", api: APIDescription("Counters, gauges and histograms for Prometheus.")
  ) { _, _, server in
    var text = PrometheusText()
    if case .ready(let model) = server.slot.state {
      writeModel(model, server, to: &text)
      writeEngine(model.engine.status, to: &text)
      writeTimes(model.metrics.figures, to: &text)
    }
    text.family(
      "mlx_http_responses_total", "counter", "Responses by endpoint and status.",
      server.requests.all.map { entry in
        (
          [("endpoint", entry.key.endpoint), ("status", "\(entry.key.status)")],
          Double(entry.count)
        )
      })
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
  }

  private static func writeModel(
    _ model: ServedModel, _ server: ServerState, to text: inout PrometheusText
  ) {
    let labels = [
      ("version", generatorVersion), ("model", server.configuration.modelID),
      ("backend", model.backend),
    ]
    text.family("mlx_server_info", "gauge", "What is running; always 1.", [(labels, 1)])
    let plan = model.engine.memoryPlan
    text.gauge("mlx_memory_plan_bytes", "Most memory the model takes.", Double(plan.totalBytes))
    text.gauge(
      "mlx_context_tokens", "Tokens of one conversation at most.",
      Double(model.engine.configuration.contextSize))
  }

  private static func writeEngine(_ status: EngineStatus, to text: inout PrometheusText) {
    text.gauge("mlx_requests_running", "Answers that are worked on.", Double(status.running))
    text.gauge("mlx_requests_waiting", "Requests in the queue.", Double(status.waiting))
    text.family(
      "mlx_requests_total", "counter", "Requests by how they ended.",
      [
        ([("end", "finished")], Double(status.finished)),
        ([("end", "cancelled")], Double(status.cancelled)),
        ([("end", "failed")], Double(status.failed)),
        ([("end", "rejected")], Double(status.rejected)),
      ])
    let free = max(0, status.pagesTotal - status.pagesUsed - status.pagesCached)
    text.family(
      "mlx_kv_pages", "gauge", "Pages of keys and values by use.",
      [
        ([("use", "running")], Double(status.pagesUsed)),
        ([("use", "cached")], Double(status.pagesCached)), ([("use", "free")], Double(free)),
        ([("use", "total")], Double(status.pagesTotal)),
      ])
    let counters: [(String, String, Double)] = [
      ("prompt_tokens", "Tokens of prompts.", Double(status.promptTokens)),
      ("cached_tokens", "Tokens of prompts taken from the cache.", Double(status.cachedTokens)),
      ("generated_tokens", "Tokens of answers.", Double(status.generatedTokens)),
      ("drafted_tokens", "Tokens that were guessed and tried.", Double(status.draftedTokens)),
      ("accepted_tokens", "Guessed tokens that came true.", Double(status.acceptedTokens)),
      ("preemptions", "Answers that gave up their pages.", Double(status.preempted)),
      ("steps", "Steps of the model.", Double(status.steps)),
      ("step_seconds", "Time inside the model.", status.stepSeconds),
      ("sampling_seconds", "Time inside the sampler.", status.samplingSeconds),
      ("delivery_seconds", "Time for telling clients of their tokens.", status.deliverySeconds),
    ]
    for (name, help, value) in counters { text.counter("mlx_\(name)_total", help, value) }
  }

  private static func writeTimes(_ times: AnswerMetrics.Figures, to text: inout PrometheusText) {
    text.histogram(
      "mlx_time_to_first_token_seconds", "From a request to its first token.", times.firstToken)
    text.histogram(
      "mlx_inter_token_seconds", "From one token of an answer to the next.", times.nextToken)
    text.histogram("mlx_queue_seconds", "From a request to its first step.", times.queue)
    text.histogram("mlx_request_seconds", "From a request to the end of its answer.", times.request)
  }
}
