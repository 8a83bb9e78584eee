import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Ends a connection after the request that its client called the last (`connection: close`).
///
/// The server behind this never hears of it: it would stop reading at once, and a client that
/// sends all of a refused body before it reads would wait for ever. So the rest of the request is
/// read and dropped, within a bound, and only then is the connection closed (RFC 9112, 9.6). The
/// bound holds for refused bodies on connections that stay, too.
final class LastAnswer: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How much of a request may come after its answer, in bytes, and how long the client may take
  /// to close.
  struct Limits: Sendable {
    var dropped = 64 << 20
    var lingering = TimeAmount.seconds(5)
  }

  private let limits: Limits
  private var unanswered = 0
  private var isLastAsked = false
  private var isLastAnswered = false
  /// Whether some of a request is still to come.
  private var isComing = false
  private var dropped = 0
  private var end: Scheduled<Void>?

  init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  func handlerAdded(context: ChannelHandlerContext) {
    do {
      try OldProtocol.add(to: context.pipeline)
    } catch {
      context.fireErrorCaught(error)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(var head):
      unanswered += 1
      isComing = true
      dropped = 0
      isLastAsked = head.headerFields.asksToClose
      if isLastAsked { head.headerFields[.connection] = nil }
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .body(let piece):
      context.fireChannelRead(data)
      guard unanswered == 0 else { return }
      dropped += piece.readableBytes
      if dropped > limits.dropped { context.close(promise: nil) }
    case .end:
      isComing = false
      context.fireChannelRead(data)
      if isLastAnswered { closeSoon(context) }
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // Such as a refusal of what came behind the last request.
    guard !isLastAnswered else {
      promise?.succeed()
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if isLastAsked, unanswered == 1 { head.headerFields[.connection] = "close" }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      unanswered -= 1
      isLastAnswered = isLastAsked && unanswered == 0
      context.write(data, promise: promise)
      if isLastAnswered { endOutput(context) }
    }
  }

  private func endOutput(_ context: ChannelHandlerContext) {
    context.flush()
    let ended = context.eventLoop.makePromise(of: Void.self)
    let unsafe = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    ended.futureResult.whenComplete { _ in
      let (handler, context) = unsafe.value
      if !handler.isComing { handler.closeSoon(context) }
    }
    context.close(mode: .output, promise: ended)
  }

  /// To close at once could take the answer from a client that hasn't read it yet.
  private func closeSoon(_ context: ChannelHandlerContext) {
    let channel = context.channel
    end?.cancel()
    end = context.eventLoop.scheduleTask(in: limits.lingering) { channel.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end?.cancel()
    context.fireChannelInactive()
  }
}

extension HTTPFields {
  /// The option `close` in a list such as `close, te`.
  fileprivate var asksToClose: Bool {
    (self[.connection] ?? "").split(separator: ",").contains {
      $0.filter { $0 != " " && $0 != "\t" }.lowercased() == "close"
    }
  }
}
