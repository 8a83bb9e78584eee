import Foundation

/// Holds a model's steps until a test lets them go, so that what happens first doesn't depend on who
/// is how fast.
public final class Gate: @unchecked Sendable {
  private let condition = NSCondition()
  private var permits = 0
  private var isOpen = false

  public init() {}

  /// Returns when a step may begin.
  public func pass() {
    condition.withLock {
      while permits == 0, !isOpen { condition.wait() }
      if permits > 0 { permits -= 1 }
    }
  }

  /// Steps that may begin and haven't yet.
  public var allowed: Int { condition.withLock { permits } }

  /// Has that many steps begin, once they are due.
  public func allow(_ count: Int) {
    condition.withLock {
      permits = count
      condition.broadcast()
    }
  }

  public func open() {
    condition.withLock {
      isOpen = true
      condition.broadcast()
    }
  }
}
