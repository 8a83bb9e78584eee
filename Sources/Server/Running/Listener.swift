import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Serves one address until it is told to stop, then lets running answers finish for a while.
struct Listener: Service {
  let host: String
  let port: Int
  let responder: RouterResponder<ServerContext>
  let logger: Logger
  /// Told the port once the socket is bound.
  let onBound: @Sendable (Int) -> Void

  /// For connections between requests, or slow to send one; answers may take as long as they do.
  private static let idleTimeout = TimeAmount.seconds(90)
  /// More than that wait in the system's queue until others have gone.
  private static let mostConnections = 1024

  func run() async throws {
    let application = Application(
      responder: responder,
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [ConnectionDeadlines(), LastAnswer(), ClientPresence()],
          idleTimeout: Self.idleTimeout)),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
      onServerRunning: { channel in onBound(channel.localAddress?.port ?? port) },
      logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      throw ServeError.cannotListen(host: host, port: port, error: error)
    } catch is SocketAddressError.UnknownHost {
      throw ServeError.unknownHost(host)
    }
  }
}

/// The IPv6 half of `localhost`, on the port that IPv4 got. A machine without IPv6 does without.
struct SecondListener: Service {
  let bound: Promise<Int>
  let responder: RouterResponder<ServerContext>
  let logger: Logger

  func run() async throws {
    guard let port = await cancelWhenGracefulShutdown({ await bound.value() }) else { return }
    let listener = Listener(host: "::1", port: port, responder: responder, logger: logger) { _ in }
    do {
      try await listener.run()
    } catch let error as ServeError {
      logger.info("not on [::1]: \(error)")
    }
  }
}

/// Runs the listeners; when the time to finish is over, ends the answers that still run, so that
/// their streams end as streams should.
struct Listeners: Service {
  let all: [any Service]
  let slot: ModelSlot
  let grace: Duration

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for listener in all { group.addTask { try await listener.run() } }
        // The first failure ends the others; waitForAll would wait for them.
        while try await group.next() != nil {}
      }
    } onGracefulShutdown: { [slot, grace] in
      Task {
        try? await Task.sleep(for: grace)
        if case .ready(let model) = slot.state { _ = model.engine.cancelAll() }
      }
    }
  }
}
