import Foundation
import Synchronization

/// A program run to its end. Its output is read while it runs, so a full pipe can't block it, and
/// it outlives neither its time limit nor this process.
struct ChildProcess {
  let path: String
  let arguments: [String]
  /// Where it works, and keeps its temporary files.
  var directory: String?
  var timeLimit = Duration.seconds(600)
  var group: ChildGroup?

  struct Result: Sendable {
    /// Exit status; negative for the signal that ended it.
    let status: Int32
    let output: String
    let errors: String
  }

  /// As one would type it into a shell.
  var commandLine: String {
    ([path] + arguments).map(Self.quoted).joined(separator: " ")
  }

  func run() throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let directory {
      process.currentDirectoryURL = URL(fileURLWithPath: directory)
      // So that what it leaves when it is ended goes with the folder.
      process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": directory]) {
        $1
      }
    }
    process.standardInput = FileHandle.nullDevice
    let output = PipeReader()
    let errors = PipeReader()
    process.standardOutput = output.pipe
    process.standardError = errors.pipe
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    do {
      try process.run()
    } catch {
      throw CompilerError("\(path) can't be started: \(error.localizedDescription)")
    }
    output.start()
    errors.start()
    try wait(for: process.processIdentifier, ended)
    let status = process.terminationStatus
    return Result(
      status: process.terminationReason == .uncaughtSignal ? -status : status,
      output: output.text(), errors: errors.text())
  }

  private func wait(for identifier: pid_t, _ ended: DispatchSemaphore) throws {
    let seconds = Int(timeLimit.components.seconds)
    group?.add(identifier)
    let outcome = Interruption.ofProcess.undoing {
      kill(identifier, SIGKILL)
    } during: {
      ended.wait(timeout: .now() + .seconds(seconds))
    }
    group?.remove(identifier)
    if outcome == .timedOut {
      kill(identifier, SIGKILL)
      ended.wait()
      throw CompilerError("ended after \(seconds) seconds without a result: \(commandLine)")
    }
  }

  private static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_=+./,:@%".utf8.contains(byte)
      }
    }
    if plain, !argument.isEmpty { return argument }
    return "'" + argument.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}

/// Programs that run side by side for one purpose: when it fails, none need go on.
final class ChildGroup: Sendable {
  private struct Members {
    var isEnded = false
    var running: Set<pid_t> = []
  }

  private let members = Mutex(Members())

  fileprivate func add(_ identifier: pid_t) {
    members.withLock { members in
      members.running.insert(identifier)
      if members.isEnded { kill(identifier, SIGKILL) }
    }
  }

  fileprivate func remove(_ identifier: pid_t) {
    members.withLock { _ = $0.running.remove(identifier) }
  }

  /// Ends those that run, and those that are still to come.
  func end() {
    members.withLock { members in
      members.isEnded = true
      for identifier in members.running { kill(identifier, SIGKILL) }
    }
  }
}

/// Collects what a child writes, on a thread of its own.
private final class PipeReader: Sendable {
  let pipe = Pipe()
  private let bytes = Mutex(Data())
  private let done = DispatchSemaphore(value: 0)

  func start() {
    Thread.detachNewThread { [self] in
      let reading = pipe.fileHandleForReading
      let all = (try? reading.readToEnd()) ?? Data()
      // The pipe itself may live longer, and a process with 1024 open files breaks Foundation's next.
      try? reading.close()
      bytes.withLock { $0 = all }
      done.signal()
    }
  }

  /// Everything that was written; waits for the end of it.
  func text() -> String {
    done.wait()
    return bytes.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
