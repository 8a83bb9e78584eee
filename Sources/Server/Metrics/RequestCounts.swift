import Synchronization

/// Counts responses by endpoint and status.
final class RequestCounts: Sendable {
  struct Key: Hashable, Sendable {
    /// The documented path of an endpoint, or `other`: a path that someone made up is no label.
    var endpoint: String
    var status: Int
  }

  private let counts = Mutex<[Key: Int]>([:])

  func add(endpoint: String, status: Int) {
    counts.withLock { $0[Key(endpoint: endpoint, status: status), default: 0] += 1 }
  }

  /// In a fixed order.
  var all: [(key: Key, count: Int)] {
    counts.withLock { $0 }.map { (key: $0.key, count: $0.value) }
      .sorted { ($0.key.endpoint, $0.key.status) < ($1.key.endpoint, $1.key.status) }
  }
}
