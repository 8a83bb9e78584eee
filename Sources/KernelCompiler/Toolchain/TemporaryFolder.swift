import Foundation

/// A folder for half-made things: gone when its use ends, fails or is interrupted.
struct TemporaryFolder {
  let path: String

  /// Makes a hidden folder beside what it is for, `.NAME.PID-NUMBER.tmp`, and removes those that
  /// processes which no longer run have left there.
  init(in parent: String, name: String) throws {
    Self.removeStale(in: parent, name: name)
    let number = UInt32.random(in: 0...UInt32.max)
    path = "\(parent)/.\(name).\(getpid())-\(number).tmp"
    guard mkdir(path, 0o755) == 0 else {
      throw CompilerError(
        "\(parent): no folder can be made there: \(String(cString: strerror(errno)))")
    }
  }

  func use<Result>(
    interruption: Interruption = .ofProcess, _ body: (String) throws -> Result
  ) rethrows -> Result {
    defer { remove() }
    return try interruption.undoing(remove) { try body(path) }
  }

  @Sendable private func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func removeStale(in parent: String, name: String) {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for entry in entries where entry.hasPrefix(".\(name).") && entry.hasSuffix(".tmp") {
      let owner = entry.dropFirst(name.count + 2).prefix { $0 != "-" }
      guard let identifier = pid_t(owner), kill(identifier, 0) != 0, errno == ESRCH else {
        continue
      }
      try? FileManager.default.removeItem(atPath: "\(parent)/\(entry)")
    }
  }
}
