/// What each client has had of the engine, so that one with many requests doesn't crowd out others.
///
/// Virtual token counters (Sheng et al. 2024, "Fairness in Serving Large Language Models"): every
/// computed row is charged to its client; one that comes back after a pause starts level with the
/// least served of those who are there, so that idling saves nothing up.
struct ClientShares: Equatable {
  /// Differences below this many rows don't matter: equal clients are then served in the order of
  /// arrival, each to its end, instead of all in lockstep.
  static let quantum = 2048.0
  /// A generated token takes more of a step than a row of a prompt.
  static let generatedWeight = 2.0

  private var charged: [String: Double] = [:]
  /// Requests that wait or run.
  private var requests: [String: Int] = [:]

  /// A request of this client came in.
  mutating func enter(_ client: String) {
    let count = requests[client] ?? 0
    if count == 0 {
      let least = requests.keys.map { charged[$0] ?? 0 }.min() ?? 0
      charged[client] = max(charged[client] ?? 0, least)
    }
    requests[client] = count + 1
  }

  /// A request of this client ended.
  mutating func leave(_ client: String) {
    let count = requests[client] ?? 0
    requests[client] = count > 1 ? count - 1 : nil
    forgetIdle()
  }

  mutating func charge(_ client: String, rows: Int, generated: Int) {
    charged[client, default: 0] += Double(rows) + Double(generated) * Self.generatedWeight
  }

  /// Lower is served earlier.
  func rank(_ client: String) -> Int {
    Int((charged[client] ?? 0) / Self.quantum)
  }

  /// Clients that are away and would start level with the least served in any case.
  private mutating func forgetIdle() {
    let least = requests.keys.map { charged[$0] ?? 0 }.min() ?? .infinity
    charged = charged.filter { requests[$0.key] != nil || $0.value > least }
  }
}
