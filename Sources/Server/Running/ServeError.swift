import Foundation
import NIOCore

/// Why the server can't start.
public enum ServeError: Error, CustomStringConvertible {
  case cannotListen(host: String, port: Int, error: IOError)
  case unknownHost(String)

  public var description: String {
    switch self {
    case .unknownHost(let host):
      "there is no address called \(host); --host takes localhost, a name, or an address like 0.0.0.0"
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
