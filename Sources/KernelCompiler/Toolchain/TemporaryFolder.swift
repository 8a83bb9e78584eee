import Foundation

/// A folder for half-made things: gone when its use ends, fails or is interrupted.
///
/// It is locked while it is in use, so that one which a killed process left is known from one in
/// use also where process numbers repeat, as they do in containers.
struct TemporaryFolder {
  let path: String
  /// The folder itself, open and locked; -1 where the file system has no locks.
  private let lock: Int32

  /// Folders younger than this may not be locked yet, in seconds.
  private static let youngest = 60

  /// Makes a hidden folder beside what it is for, `.NAME.PID-NUMBER.tmp`, and removes those that
  /// processes which no longer run have left there.
  init(in parent: String, name: String) throws {
    Self.removeStale(in: parent, prefix: ".\(name).")
    let number = UInt32.random(in: 0...UInt32.max)
    path = "\(parent)/.\(name).\(getpid())-\(number).tmp"
    guard mkdir(path, 0o755) == 0 else {
      throw CompilerError(
        "\(parent): no folder can be made there: \(String(cString: strerror(errno)))")
    }
    lock = Self.locked(path) ?? -1
  }

  /// One where temporary files go, which `TMPDIR` may say.
  ///
  /// - Throws: a `CompilerError` that says what to do about a place where none can be made.
  init(named name: String) throws {
    let parent = NSTemporaryDirectory()
    do {
      try self.init(in: parent, name: name)
    } catch {
      throw CompilerError("\(error). \(Self.advice)")
    }
  }

  /// What to do where temporary files can't be.
  static let advice =
    "Set TMPDIR to a folder that can be written and may hold programs, with room for some megabytes."

  func use<Result>(
    interruption: Interruption = .ofProcess, _ body: (String) throws -> Result
  ) rethrows -> Result {
    defer {
      remove()
      if lock >= 0 { close(lock) }
    }
    return try interruption.undoing(remove) { try body(path) }
  }

  @Sendable private func remove() {
    // Under another name nothing can be added to it while it goes: its writer may still run.
    let gone = "\(path.dropLast(".tmp".count)).gone.tmp"
    let isMoved = rename(path, gone) == 0
    try? FileManager.default.removeItem(atPath: isMoved ? gone : path)
  }

  /// Removes the folders whose names begin so and that nobody uses.
  static func removeStale(in parent: String, prefix: String) {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for entry in entries where entry.hasPrefix(prefix) && entry.hasSuffix(".tmp") {
      let path = "\(parent)/\(entry)"
      guard hasEnded(owner(entry)) || isOld(path), let lock = locked(path) else { continue }
      try? FileManager.default.removeItem(atPath: path)
      close(lock)
    }
  }

  /// The process in a name such as `.NAME.PID-NUMBER.tmp`.
  private static func owner(_ entry: String) -> pid_t? {
    let parts = entry.split(separator: ".").dropLast().filter { $0 != "gone" }
    return parts.last.flatMap { pid_t($0.prefix { $0 != "-" }) }
  }

  private static func hasEnded(_ process: pid_t?) -> Bool {
    guard let process else { return false }
    return kill(process, 0) != 0 && errno == ESRCH
  }

  private static func isOld(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && time(nil) - status.st_mtim.tv_sec > youngest
  }

  /// The folder, open and locked; nil where another has locked it.
  private static func locked(_ path: String) -> Int32? {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    if flock(folder, LOCK_EX | LOCK_NB) == 0 { return folder }
    close(folder)
    return nil
  }
}
