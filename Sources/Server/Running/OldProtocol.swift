import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Answers clients that speak HTTP/1.0 in their protocol: without chunks, which they can't read,
/// and with the end of the connection as the end of the answer (RFC 9112, 9.3).
///
/// Keeping such a connection would be allowed where the client asks for it; it isn't done.
final class OldProtocol: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private var isSpoken = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data), head.version == .http1_0 else {
      return context.fireChannelRead(data)
    }
    isSpoken = true
    // What `LastAnswer` goes by.
    head.headers.replaceOrAdd(name: "connection", value: "close")
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard isSpoken, case .head(var head) = unwrapOutboundIn(data) else {
      return context.write(data, promise: promise)
    }
    head.version = .http1_0
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }

  /// Adds one where a pipeline still knows versions: before what translates to `HTTPRequest`.
  static func add(to pipeline: ChannelPipeline) throws {
    let operations = pipeline.syncOperations
    let codec = try operations.handler(type: HTTP1ToHTTPServerCodec.self)
    try operations.addHandler(OldProtocol(), position: .before(codec))
  }
}
