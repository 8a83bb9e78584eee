import Testing

@testable import Server

@Suite(.timeLimit(.minutes(30))) struct PresenceTests {
  @Test(arguments: [true, false])
  func `what is made for a client ends when it leaves, or if it had left before`(
    _ before: Bool
  ) async {
    let client = ClientPresence()
    if before { client.leave() }
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let (ends, end) = AsyncStream<Void>.makeStream()
    continuation.onTermination = { _ in end.finish() }
    continuation.yield(7)
    for await element in merged([stream], while: client) {
      #expect(element.1 == 7)
      client.leave()
    }
    for await _ in ends {}
  }
}

struct EndTests {
  @Test(arguments: [(0, 2000), (1, 3000), (3, 4750), (4, 4750), (60, 60_750)])
  func `the end comes before launchers kill, where the grace allows that`(
    _ seconds: Int, _ milliseconds: Int
  ) {
    var address = ListenConfiguration()
    address.grace = .seconds(seconds)
    #expect(address.longestEnd == .milliseconds(milliseconds))
  }
}
