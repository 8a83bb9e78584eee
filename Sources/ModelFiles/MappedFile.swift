import Foundation

/// A whole file mapped into memory, read-only, for as long as this object lives.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  public let bytes: UnsafeRawBufferPointer

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
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
      throw ModelError("\(path): can't be mapped into memory: \(Self.lastError())")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  private static func size(of file: Int32, path: String) throws -> Int {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw ModelError("\(path): \(lastError())") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ModelError("\(path): is not a file") }
    return Int(status.st_size)
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
