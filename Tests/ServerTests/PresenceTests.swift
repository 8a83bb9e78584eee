import Testing

@testable import Server

@Suite(.timeLimit(.minutes(30))) struct PresenceTests {
  @Test(arguments: [true, false])
  func `what is made for a client ends when it leaves, or if it had left before`(
    _ before: Bool
  ) async {
    let client = ClientPresence()
    if before { client.leave() }
    let feed = AnswerFeed(choices: 2)
    let (ends, end) = AsyncStream<Void>.makeStream()
    feed.whenOver { end.finish() }
    feed.follow(client)
    feed.sink(for: 1)(.prefill(done: 7, total: 9))
    var heard: [Int] = []
    for await case .element((let choice, .prefill)) in feed.pulses {
      heard.append(choice)
      client.leave()
    }
    for await _ in ends {}
    #expect(heard == (before ? [] : [1]))
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
