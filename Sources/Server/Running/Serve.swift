import Foundation
import Hummingbird
import Logging
import ServiceLifecycle

/// Where to listen, and how long to wait for running answers at the end.
public struct ListenConfiguration: Sendable {
  public var host: String
  /// 0 for any free one.
  public var port: Int
  /// Launchers kill what is still there five seconds after they asked it to end.
  public var grace: Duration = .seconds(4)

  /// When all is cut off, counted from the signal: answers that are ended after the grace are given
  /// two seconds for a last step, but not beyond those five.
  var longestEnd: Duration {
    grace + max(.milliseconds(750), min(.seconds(2), .milliseconds(4750) - grace))
  }

  public init(host: String = "127.0.0.1", port: Int = 8080) {
    self.host = host
    self.port = port
  }

  /// `localhost` is two addresses, and clients may try either first.
  var primaryHost: String { host == "localhost" ? "127.0.0.1" : Self.bare(host) }

  /// An address of IPv6 without the brackets that it has in a URL.
  private static func bare(_ host: String) -> String {
    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
  }

  func url(port: Int) -> String {
    let host = primaryHost.contains(":") ? "[\(primaryHost)]" : primaryHost
    return "http://\(host):\(port)"
  }
}

/// Binds, loads, serves, and returns when a signal has ended it.
///
/// - Parameters:
///   - load: makes the model; runs on a thread of its own, since it takes its time.
///   - onReady: told the server's URL once it is bound and the model can answer.
public func serve(
  _ configuration: ServerConfiguration, on address: ListenConfiguration, logger: Logger,
  load: @escaping @Sendable () throws -> ServedModel,
  onReady: @escaping @Sendable (String, ServedModel) -> Void
) async throws {
  let slot = ModelSlot()
  // Launchers take "server started and listening" for ready, which it isn't before the model is.
  var quietLogger = logger
  quietLogger.logLevel = .warning
  let responder = makeResponder(configuration, slot: slot, logger: logger)
  let bound = Promise<Int>()
  let loader = Loader(slot: slot, bound: bound, load: load) { port, model in
    onReady(address.url(port: port), model)
  }
  let listener = Listener(
    host: address.primaryHost, port: address.port, responder: responder, logger: quietLogger
  ) { port in bound.fulfil(port) }
  let second = SecondListener(bound: bound, responder: responder, logger: quietLogger)
  let listeners = Listeners(
    all: address.host == "localhost" ? [listener, second] : [listener], slot: slot,
    grace: address.grace)
  var group = ServiceGroupConfiguration(
    services: [
      .init(service: loader, failureTerminationBehavior: .gracefullyShutdownGroup),
      .init(service: listeners),
    ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger)
  group.maximumGracefulShutdownDuration = address.longestEnd
  do {
    try await ServiceGroup(configuration: group).run()
  } catch is CancellationError {
    // The end that was asked for, though somebody's answer was still in a step of the model, or
    // somebody hadn't sent all of a request.
    logger.warning("what clients still had open \(address.grace) after the signal was cut off")
  }
  if case .ready(let model) = slot.state { await model.engine.shutdown(grace: .zero) }
}
