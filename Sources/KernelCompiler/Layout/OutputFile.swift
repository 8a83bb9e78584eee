import Foundation

/// A new file of known size that several threads write, each elsewhere.
final class OutputFile: Sendable {
  private let path: String
  private let descriptor: Int32

  init(path: String, bytes: Int) throws {
    descriptor = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o644)
    self.path = path
    guard descriptor >= 0, ftruncate(descriptor, off_t(bytes)) == 0 else {
      throw CompilerError("\(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { _ = Foundation.close(descriptor) }

  func write(_ bytes: [UInt8], at offset: Int) throws(CompilerError) {
    let failure = bytes.withUnsafeBytes { bytes -> Int32? in
      var written = 0
      while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return errno }
        written += count
      }
      return nil
    }
    if let failure {
      throw CompilerError("\(path): \(String(cString: strerror(failure)))")
    }
  }
}
