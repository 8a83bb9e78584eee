import Logging
import Server

/// What is served, how, and with how much memory: said once, when the server is ready.
struct Summary: CustomStringConvertible {
  let name: String
  let model: ServedModel
  /// Who can use it.
  let access: String

  /// For people.
  var description: String {
    let settings = model.engine.configuration
    return """
      model        \(name)
      backend      \(model.backend)
      context      \(settings.contextSize) tokens
      at once      \(settings.parallel) answers, \(settings.queueLimit) more wait
      access       \(access)
      \(model.engine.memoryPlan)
        of that          \(model.memory)
      """
  }

  /// For programs.
  func log(_ logger: Logger) {
    let settings = model.engine.configuration
    logger.info(
      "ready",
      metadata: [
        "model": .string(name), "backend": .string(model.backend),
        "context_size": .stringConvertible(settings.contextSize),
        "parallel": .stringConvertible(settings.parallel),
        "queue_limit": .stringConvertible(settings.queueLimit), "access": .string(access),
        "memory_bytes": .stringConvertible(model.engine.memoryPlan.totalBytes),
      ])
  }
}
