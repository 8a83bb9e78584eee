import Dispatch
import Foundation
import Synchronization

/// What has to be undone when the process is told to stop in the middle of its work: half-written
/// folders to remove, compilers to end.
public final class Interruption: Sendable {
  /// This process's.
  public static let ofProcess = Interruption()

  private struct Pending {
    var next = 0
    /// Whether the process is about to end.
    var isEnding = false
    var undo: [Int: @Sendable () -> Void] = [:]
  }

  private let pending = Mutex(Pending())

  /// Runs `body`; should a signal end the process meanwhile, `undo` runs first.
  func undoing<Result>(
    _ undo: @escaping @Sendable () -> Void, during body: () throws -> Result
  ) rethrows -> Result {
    let key: Int? = pending.withLock { pending in
      pending.next += 1
      pending.undo[pending.next] = undo
      return pending.isEnding ? nil : pending.next
    }
    guard let key else {
      undo()
      Self.waitForEnd()
    }
    defer {
      let isEnding = pending.withLock { pending in
        pending.undo.removeValue(forKey: key)
        return pending.isEnding
      }
      // What comes next, such as removing the same folder, would be cut short.
      if isEnding { Self.waitForEnd() }
    }
    return try body()
  }

  private static func waitForEnd() -> Never {
    while true { sleep(60) }
  }

  /// Undoes what is under way, the latest first.
  public func undoAll() {
    let undo = pending.withLock { pending in
      defer { pending.undo = [:] }
      return pending.undo.sorted { $0.key > $1.key }.map(\.value)
    }
    for step in undo { step() }
  }

  /// Makes Ctrl-C and `kill` undo what is under way before the process ends with the status that
  /// shells expect, 128 + signal. For executables only.
  public func exitOnSignals() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // A handler that does nothing, not SIG_IGN: children would inherit that.
      signal(number) { _ in }
      // The handler holds its source, which lives as long as the process.
      nonisolated(unsafe) let source = DispatchSource.makeSignalSource(
        signal: number, queue: .global())
      source.setEventHandler { [self] in
        pending.withLock { $0.isEnding = true }
        undoAll()
        _ = source
        _exit(128 + number)
      }
      source.resume()
    }
  }
}
