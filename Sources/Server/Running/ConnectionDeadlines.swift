import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Closes connections whose clients take too long to send a request or to read an answer.
///
/// The listener's idle timeout ends connections on which nothing happens; this handler ends those
/// that trickle.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long a client may take.
  struct Limits: Sendable {
    /// From the connection's beginning, or the end of the answer before, to the end of a head.
    var head = TimeAmount.seconds(90)
    /// From the end of a request's head to the end of its body.
    var body = TimeAmount.seconds(120)
    /// Without reading anything of what waits for it.
    var stalledAnswer = TimeAmount.seconds(60)
  }

  private let limits: Limits
  /// Until the request that is coming in has come.
  private var request: Scheduled<Void>?
  /// Requests that began and aren't answered; a refusal may come before all of a request has.
  private var unanswered = 0
  private var answer: Scheduled<Void>?

  init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { expect(within: limits.head, context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    expect(within: limits.head, context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      unanswered += 1
      expect(within: limits.body, context)
    case .body: break
    case .end:
      request?.cancel()
      request = nil
      if unanswered == 0 { expect(within: limits.head, context) }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      unanswered -= 1
      if unanswered == 0, request == nil { expect(within: limits.head, context) }
    }
    context.write(data, promise: promise)
  }

  private func expect(within limit: TimeAmount, _ context: ChannelHandlerContext) {
    request?.cancel()
    request = close(context, after: limit)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    answer?.cancel()
    answer = context.channel.isWritable ? nil : close(context, after: limits.stalledAnswer)
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    request?.cancel()
    answer?.cancel()
    context.fireChannelInactive()
  }

  private func close(_ context: ChannelHandlerContext, after time: TimeAmount) -> Scheduled<Void> {
    let channel = context.channel
    return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }
}
