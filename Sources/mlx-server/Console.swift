import Foundation
import KernelCompiler
import Synchronization

/// Lines for people and for the programs that start this one.
enum Console {
  /// To standard output, at once: launchers wait for it.
  static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  /// To standard error, as it is.
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// To standard error.
  static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// Says what a compile is doing: a line when a stage begins, and one when it is half done.
final class CompileReport: Sendable {
  private let heard = Mutex<Set<String>>([])
  private let tell: @Sendable (String) -> Void

  init(tell: @escaping @Sendable (String) -> Void) {
    self.tell = tell
  }

  func hear(_ stage: CompileStage, _ share: Double) {
    // Writing the C takes no time, and is done to find out whether there is anything to compile.
    if stage == .generate { return }
    let line = share < 0.5 ? "\(stage.rawValue)…" : share < 1 ? "\(stage.rawValue): 50%" : nil
    guard let line, heard.withLock({ $0.insert(line).inserted }) else { return }
    tell(line)
  }
}
