import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Closes connections whose clients take too long to send a request or to read an answer.
///
/// The time before a request is the listener's idle timeout; this handler watches what comes after.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long a client may take.
  struct Limits: Sendable {
    /// From the end of a request's head to the end of its body.
    var body = TimeAmount.seconds(120)
    /// Without reading anything of what waits for it.
    var stalledAnswer = TimeAmount.seconds(60)
  }

  private let limits: Limits
  private var body: Scheduled<Void>?
  private var answer: Scheduled<Void>?

  init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      body?.cancel()
      body = close(context, after: limits.body)
    case .body: break
    case .end:
      body?.cancel()
      body = nil
    }
    context.fireChannelRead(data)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    answer?.cancel()
    answer = context.channel.isWritable ? nil : close(context, after: limits.stalledAnswer)
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    body?.cancel()
    answer?.cancel()
    context.fireChannelInactive()
  }

  private func close(_ context: ChannelHandlerContext, after time: TimeAmount) -> Scheduled<Void> {
    let channel = context.channel
    return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }
}
