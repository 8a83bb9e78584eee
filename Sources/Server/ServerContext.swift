import Hummingbird
import NIOCore

/// What belongs to one request while it is served.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Whose request it is, where the engine shares itself out among clients: the machine it came
  /// from, or the API key where there are several.
  var client: String
  /// The connection that it came on.
  let channel: any Channel
  /// What the request has of the memory for bodies, until its answer is sent.
  let share = BodyBudget.Share()

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    client = Self.client(at: source.channel.remoteAddress)
  }

  /// A machine is one client however many connections it opens.
  static func client(at address: SocketAddress?) -> String {
    address.map { $0.ipAddress ?? "local" } ?? ""
  }
}
