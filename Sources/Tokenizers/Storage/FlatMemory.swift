#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory behind tables: a heap block, or a file mapped read-only. Released with its last table.
final class FlatMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int
  private let isMapped: Bool

  init(byteCount: Int, alignment: Int) {
    self.base = .allocate(byteCount: max(byteCount, 1), alignment: max(alignment, 16))
    self.byteCount = byteCount
    self.isMapped = false
  }

  /// Maps a whole file; throws a sentence that names it.
  init(mapping path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure("can't open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure("can't read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TokenizerError(file: path, "it isn't a regular file")
    }
    byteCount = Int(status.st_size)
    guard byteCount > 0 else { throw TokenizerError(file: path, "the file is empty") }
    let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw Self.failure("can't map", path) }
    base = address
    isMapped = true
  }

  /// Whether there is something at that path.
  static func isFile(_ path: String) -> Bool { access(path, F_OK) == 0 }

  deinit {
    if isMapped { munmap(base, byteCount) } else { base.deallocate() }
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

  private static func failure(_ what: String, _ path: String) -> TokenizerError {
    TokenizerError(file: path, "\(what) it: \(String(cString: strerror(errno)))")
  }
}
