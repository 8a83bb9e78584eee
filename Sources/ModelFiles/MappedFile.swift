import Foundation

/// A whole file mapped into memory, read-only, for as long as this object lives.
///
/// Its start is at a multiple of 2 MiB: where the file system keeps what it reads in pages of that
/// size, which Linux is asked for, large files are mapped in them. Reading all of one, as a step
/// reads its weights, then misses no translation and is a tenth to a quarter faster.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  public let bytes: UnsafeRawBufferPointer
  /// What was reserved, so that the file could be placed in it.
  private let mapping: UnsafeMutableRawBufferPointer
  private static let hugePageBytes = 2 << 20

  /// The file's name without its folder, for messages.
  public var name: String { (path as NSString).lastPathComponent }

  public init(path: String) throws {
    self.path = path
    // Not to wait for a writer should the name turn out to be a pipe.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw ModelError("\(path): \(Self.lastError())") }
    defer { close(file) }
    let size = try Self.size(of: file, path: path)
    guard size > 0 else {  // nothing to map
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      mapping = UnsafeMutableRawBufferPointer(start: nil, count: 0)
      return
    }
    let align = size >= Self.hugePageBytes
    guard let mapping = Self.map(file, size: size, aligned: align) else {
      throw ModelError("\(path): can't be mapped into memory: \(Self.lastError())")
    }
    self.mapping = mapping.whole
    bytes = UnsafeRawBufferPointer(start: mapping.start, count: size)
  }

  deinit {
    if let start = mapping.baseAddress { munmap(start, mapping.count) }
  }

  /// Maps a file, and tells where it begins and what to unmap.
  private static func map(
    _ file: Int32, size: Int, aligned: Bool
  ) -> (start: UnsafeMutableRawPointer, whole: UnsafeMutableRawBufferPointer)? {
    guard aligned else {
      guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED
      else { return nil }
      return (start, UnsafeMutableRawBufferPointer(start: start, count: size))
    }
    let room = size + hugePageBytes
    guard let reserved = mmap(nil, room, PROT_NONE, MAP_PRIVATE | anonymous, -1, 0),
      reserved != MAP_FAILED
    else { return nil }
    let start = reserved.alignedUp(toMultipleOf: hugePageBytes)
    guard mmap(start, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == start else {
      munmap(reserved, room)
      return nil
    }
    #if os(Linux)
      madvise(start, size, Int32(MADV_HUGEPAGE))
    #endif
    return (start, UnsafeMutableRawBufferPointer(start: reserved, count: room))
  }

  private static func size(of file: Int32, path: String) throws -> Int {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw ModelError("\(path): \(lastError())") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ModelError("\(path): is not a file") }
    return Int(status.st_size)
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}

#if canImport(Darwin)
  private let anonymous = MAP_ANON
#else
  private let anonymous = MAP_ANONYMOUS
#endif
