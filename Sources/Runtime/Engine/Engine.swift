import Foundation

/// Runs a model for many clients at once, on a thread of its own.
///
/// Requests come in from any thread; each gets a stream of its events. Every step of the model
/// carries the next token of all running sequences and a piece of the prompts that are coming in.
public final class Engine: Sendable {
  public let configuration: EngineConfiguration
  public let memoryPlan: MemoryPlan
  private let mailbox = Mailbox()
  private let board: StatusBoard
  private let vocabulary: Int

  /// Starts the engine's thread. Fails if the configuration doesn't fit the model or the memory.
  ///
  /// - Parameter draftModel: a smaller model of the same vocabulary, to guess tokens where that is
  ///   measured to pay. Answers don't change.
  public convenience init(
    model: any LanguageModel, draftModel: (any LanguageModel)? = nil,
    configuration: EngineConfiguration
  ) throws(EngineError) {
    try self.init(
      model: model, draftModel: draftModel, configuration: configuration, clock: .system)
  }

  init(
    model: any LanguageModel, draftModel: (any LanguageModel)? = nil,
    configuration: EngineConfiguration, clock: StepClock
  ) throws(EngineError) {
    self.configuration = configuration
    memoryPlan = try MemoryPlan(
      model: model, draftModel: draftModel, configuration: configuration)
    vocabulary = model.vocabulary
    board = StatusBoard()
    guard let pages = PageMemory(count: memoryPlan.pages, pageBytes: model.pageBytes),
      let step = StepMemory(
        maximumRows: model.maximumRows,
        logitRows: configuration.parallel + memoryPlan.extraLogitRows,
        vocabulary: model.vocabulary)
    else {
      throw .invalidConfiguration(
        "the system doesn't grant the address space for this plan\n\(memoryPlan)")
    }
    let loop = EngineLoop(
      model: model,
      draftModel: draftModel.flatMap { DraftModel($0, configuration: configuration, clock: clock) },
      configuration: configuration, plan: memoryPlan, pages: pages, step: step, mailbox: mailbox,
      board: board, clock: clock)
    start(loop)
  }

  deinit {
    // Streams that are still read go on to their end; the thread ends after them.
    mailbox.close(at: nil)
  }

  private func start(_ loop: EngineLoop) {
    // The loop is made here and from then on used by its thread alone.
    nonisolated(unsafe) let loop = loop
    let thread = Thread { loop.run() }
    thread.name = "engine"
    thread.stackSize = 16 << 20
    thread.start()
  }

  /// Continues a prompt. The stream ends after `.finished` or `.failed`; to stop reading it cancels
  /// the request.
  public func generate(_ request: GenerationRequest) throws(EngineError)
    -> AsyncStream<GenerationEvent>
  {
    let (stream, events) = AsyncStream<GenerationEvent>.makeStream()
    let handle = try generate(request) { event in
      events.yield(event)
      if event.isLast { events.finish() }
    }
    events.onTermination = { reason in
      if case .cancelled = reason { handle.cancel() }
    }
    return stream
  }

  /// The same without a stream: `send` is given the events of each step, one after the other, on
  /// the engine's thread, and must not keep it waiting.
  public func generate(
    _ request: GenerationRequest, send: @escaping @Sendable (GenerationEvent) -> Void
  ) throws(EngineError) -> GenerationHandle {
    try check(request)
    let posted = mailbox.post(limit: configuration.parallel + configuration.queueLimit) {
      Ticket(number: $0, request: request, send: send)
    }
    switch posted {
    case .success(let ticket):
      return GenerationHandle(mailbox: mailbox, number: ticket.number)
    case .failure(.full):
      throw .queueFull(retryAfter: board.rejected())
    case .failure(.closing):
      throw .shuttingDown
    }
  }

  private func check(_ request: GenerationRequest) throws(EngineError) {
    let prompt = request.prompt
    guard prompt.count < configuration.contextSize else {
      throw .promptTooLong(tokens: prompt.count, contextSize: configuration.contextSize)
    }
    guard !prompt.isEmpty else { throw .invalidRequest("the prompt has no tokens") }
    if let stranger = prompt.first(where: { $0 < 0 || $0 >= vocabulary }) {
      throw .invalidRequest(
        "token \(stranger) of the prompt isn't one of the model's \(vocabulary) tokens")
    }
    if let complaint = request.sampling.complaint { throw .invalidRequest(complaint) }
  }

  /// Cancels the request of this id and those that are parts of it, as `ID/0` and `ID/1`. False if
  /// there are none.
  public func cancel(id: String) -> Bool {
    mailbox.cancel { $0.request.id == id || $0.request.id.hasPrefix(id + "/") } > 0
  }

  /// Cancels everything that waits or runs, and returns how many requests that were.
  public func cancelAll() -> Int {
    mailbox.cancel { _ in true }
  }

  /// Takes no more requests, lets those that were taken end within `grace`, then cancels the rest.
  /// Returns when the engine's thread is done.
  public func shutdown(grace: Duration) async {
    mailbox.close(at: .now + grace)
    await mailbox.waitUntilStopped()
  }

  public var status: EngineStatus { board.status }
}
