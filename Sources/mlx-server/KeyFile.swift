import Foundation

/// A file of API keys, one on each line.
enum KeyFile {
  /// The keys in it; lines that begin with # are comments.
  static func keys(in path: String) throws -> [String] {
    let file = open(path, O_RDONLY)
    guard file >= 0 else {
      throw KeyFileError(path: path, problem: String(cString: strerror(errno)))
    }
    // Pipes are read too, as a shell's <(command) is.
    let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
    guard let data = try? handle.readToEnd() ?? Data(),
      let text = String(bytes: data, encoding: .utf8)
    else { throw KeyFileError(path: path, problem: "Can't be read as text") }
    let lines = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let keys = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    // A file that was meant to close the server must not leave it open.
    guard !keys.isEmpty else { throw KeyFileError(path: path, problem: "Holds no key") }
    return keys
  }
}

/// Why a file of keys is no use.
struct KeyFileError: Error, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String {
    "\(path): \(problem); --api-key-file takes a file with one key on each line"
  }
}
