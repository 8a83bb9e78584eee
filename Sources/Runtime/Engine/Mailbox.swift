import Foundation

/// What clients and the engine thread tell each other; the engine sleeps here while it is idle.
///
/// Everything mutable is touched with `condition` locked.
final class Mailbox: @unchecked Sendable {
  /// What the engine thread finds when it looks.
  struct Intake {
    var arrivals: [Ticket]
    /// No more will arrive.
    var isClosed: Bool
    /// What still runs is to be cancelled.
    var isOverdue: Bool
  }

  private let condition = NSCondition()
  private var arrivals: [Ticket] = []
  /// Accepted and not yet ended.
  private var live: [Int: Ticket] = [:]
  /// How many of them belong to each request that takes a place.
  private var places: [String: Int] = [:]
  private var nextNumber = 0
  private var isClosed = false
  private var deadline: ContinuousClock.Instant?
  private var hasStopped = false
  private var stopWaiters: [CheckedContinuation<Void, Never>] = []
  /// A cancellation may have happened since the engine last looked.
  private var hasNews = false

  /// Accepts a request, unless `limit` are accepted already or the engine is closing. `make` is
  /// given its number. The parts of a request take one place together.
  func post(limit: Int, make: (Int) -> Ticket) -> Result<Ticket, Refusal> {
    condition.withLock {
      if isClosed { return .failure(.closing) }
      let ticket = make(nextNumber + 1)
      if places[ticket.place] == nil, places.count >= limit { return .failure(.full) }
      nextNumber += 1
      places[ticket.place, default: 0] += 1
      live[ticket.number] = ticket
      arrivals.append(ticket)
      condition.signal()
      return .success(ticket)
    }
  }

  enum Refusal: Error {
    case full
    case closing
  }

  /// Cancels the live requests that `matches` chooses; returns how many.
  func cancel(where matches: (Ticket) -> Bool) -> Int {
    condition.withLock {
      let chosen = live.values.filter(matches)
      for ticket in chosen { ticket.cancel() }
      hasNews = true
      condition.signal()
      return chosen.count
    }
  }

  /// Refuses new requests; those that run are cancelled at the deadline, if there is one.
  func close(at deadline: ContinuousClock.Instant?) {
    condition.withLock {
      isClosed = true
      self.deadline = [deadline, self.deadline].compactMap(\.self).min()
      condition.signal()
    }
  }

  /// Returns when the engine thread has ended.
  func waitUntilStopped() async {
    await withCheckedContinuation { continuation in
      let isOver = condition.withLock {
        if !hasStopped { stopWaiters.append(continuation) }
        return hasStopped
      }
      if isOver { continuation.resume() }
    }
  }

  // MARK: The engine thread's side

  /// What has come in. With nothing else to do, sleeps until there is something.
  func take(sleeping: Bool) -> Intake {
    condition.withLock {
      while sleeping, arrivals.isEmpty, !isClosed, !hasNews { condition.wait() }
      defer {
        arrivals = []
        hasNews = false
      }
      return Intake(
        arrivals: arrivals, isClosed: isClosed, isOverdue: deadline.map { $0 <= .now } ?? false)
    }
  }

  func remove(_ ticket: Ticket) {
    condition.withLock {
      guard live.removeValue(forKey: ticket.number) != nil else { return }
      let others = places[ticket.place, default: 1] - 1
      places[ticket.place] = others > 0 ? others : nil
    }
  }

  func stopped() {
    let waiters = condition.withLock {
      hasStopped = true
      defer { stopWaiters = [] }
      return stopWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
