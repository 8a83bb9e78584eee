import Hummingbird
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Tells the answers of one connection that its client has left.
///
/// Hummingbird can tell too (`consumeWithCancellationOnInboundClose`), but reads on for it, and
/// loses the request that a client may have sent behind the one that is being answered.
final class ClientPresence: ChannelInboundHandler, Sendable {
  typealias InboundIn = HTTPRequestPart

  /// What is to be done when the client leaves; `nil` once it has.
  private let waiting = Mutex<[ObjectIdentifier: Watch]?>([:])

  /// One interest in the client's leaving.
  final class Watch: Sendable {
    fileprivate let act: @Sendable () -> Void

    fileprivate init(_ act: @escaping @Sendable () -> Void) { self.act = act }
  }

  /// Calls `act` when the client leaves, at once if it already has, unless forgotten before.
  func whenLeft(_ act: @escaping @Sendable () -> Void) -> Watch {
    let watch = Watch(act)
    let isHere = waiting.withLock { waiting in
      waiting?[ObjectIdentifier(watch)] = watch
      return waiting != nil
    }
    if !isHere { act() }
    return watch
  }

  func forget(_ watch: Watch) {
    waiting.withLock { $0?[ObjectIdentifier(watch)] = nil }
  }

  func leave() {
    let left = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    for watch in left?.values ?? [:].values { watch.act() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A client that only stops sending leaves too: nothing tells it from one that is gone.
    if event as? ChannelEvent == .inputClosed { leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }
}

extension ClientPresence: RemovableChannelHandler {}

extension ServerContext {
  /// Who asked; without a connection, as in tests, somebody who never leaves.
  func presence() async -> ClientPresence {
    let handler = channel.pipeline.handler(type: ClientPresence.self)
    return (try? await handler.get()) ?? ClientPresence()
  }
}
