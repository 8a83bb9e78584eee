import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Serves one address until it is told to stop, then lets running answers finish for a while.
struct Listener: Service {
  let host: String
  let port: Int
  let responder: RouterResponder<BasicRequestContext>
  let logger: Logger
  /// Told the port once the socket is bound.
  let onBound: @Sendable (Int) -> Void

  /// For connections between requests, or slow to send one; answers may take as long as they do.
  private static let idleTimeout = TimeAmount.seconds(90)

  func run() async throws {
    let application = Application(
      responder: responder,
      server: .http1(configuration: .init(idleTimeout: Self.idleTimeout)),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      onServerRunning: { channel in onBound(channel.localAddress?.port ?? port) },
      logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      throw ServeError.cannotListen(host: host, port: port, error: error)
    }
  }
}

/// Why the server can't start.
public enum ServeError: Error, CustomStringConvertible {
  case cannotListen(host: String, port: Int, error: IOError)

  public var description: String {
    switch self {
    case .cannotListen(let host, let port, let error):
      switch error.errnoCode {
      case EADDRINUSE: "port \(port) on \(host) is already in use; choose another with --port"
      case EACCES: "port \(port) on \(host) is reserved for the system; choose one above 1023"
      case EADDRNOTAVAIL: "\(host) is not an address of this machine; see --host"
      default: "can't listen on \(host), port \(port): \(error.localizedDescription)"
      }
    }
  }
}
