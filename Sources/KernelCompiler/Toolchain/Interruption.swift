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
    var undo: [Int: @Sendable () -> Void] = [:]
  }

  private let pending = Mutex(Pending())

  /// Runs `body`; should a signal end the process meanwhile, `undo` runs first.
  func undoing<Result>(
    _ undo: @escaping @Sendable () -> Void, during body: () throws -> Result
  ) rethrows -> Result {
    let key = pending.withLock { pending in
      pending.next += 1
      pending.undo[pending.next] = undo
      return pending.next
    }
    defer { pending.withLock { _ = $0.undo.removeValue(forKey: key) } }
    return try body()
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
        undoAll()
        _ = source
        _exit(128 + number)
      }
      source.resume()
    }
  }
}
