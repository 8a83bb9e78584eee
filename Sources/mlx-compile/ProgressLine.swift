import Foundation
import KernelCompiler
import Synchronization

/// Tells on standard error how a long job goes: one line that is rewritten on a terminal, a plain
/// line for each stage elsewhere. A job that takes less than two seconds says nothing.
final class ProgressLine: Sendable {
  private struct State {
    let started = ContinuousClock.now
    var told: Set<String> = []
    var lastUpdate = ContinuousClock.now
    var isShown = false
  }

  private static let silence = Duration.seconds(2)
  private static let interval = Duration.milliseconds(100)

  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) == 1

  func show(_ stage: String, _ share: Double) {
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.started > Self.silence else { return }
      if isTerminal {
        guard now - state.lastUpdate > Self.interval else { return }
        state.lastUpdate = now
        state.isShown = true
        write("\r\u{1B}[K\(Self.bar(share)) \(stage)")
      } else if state.told.insert(stage).inserted {
        write("\(stage)\n")
      }
    }
  }

  /// Takes the line away again.
  func end() {
    state.withLock { state in
      if state.isShown { write("\r\u{1B}[K") }
      state.isShown = false
    }
  }

  static func bar(_ share: Double) -> String {
    let width = 24
    let full = Int((min(max(share, 0), 1) * Double(width)).rounded())
    let percent = Int((min(max(share, 0), 1) * 100).rounded())
    return "[" + String(repeating: "#", count: full) + String(repeating: "·", count: width - full)
      + "] " + String(repeating: " ", count: max(0, 3 - String(percent).count)) + "\(percent)%"
  }

  private func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}

extension ProgressLine {
  /// For the stages of a compile.
  var compiling: CompileProgress {
    { [self] stage, share in show(stage.rawValue, share) }
  }
}
