import Foundation
import ModelFiles

extension Toolchain {
  /// Hash of all that decides the bytes of a library: the C, the compiler's name, place, size and
  /// time, the flags, and what it makes of `-march=native` on this machine.
  func buildKey(source: CompiledSource, target: Target) throws -> String {
    let flags = CompiledSource.flags(for: target)
    let macros = try predefinedMacros(flags: flags).values.map { "\($0.key) \($0.value)" }
    var lines = [name, path, try identity()]
    lines += flags + CompilerFlags.library + CompilerFlags.link
    lines += macros.sorted() + source.files.map { "\($0.name)\n\($0.text)" }
    return try sha256(of: lines.joined(separator: "\n"))
  }

  /// Size and time of the program that the compiler's name leads to: they change with every update.
  private func identity() throws -> String {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw CompilerError("\(path): \(String(cString: strerror(errno)))")
    }
    return "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }
}
