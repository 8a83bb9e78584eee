import Foundation

extension CompilerError {
  /// What the system said about a file, as a sentence: the file and the reason.
  init(_ error: CocoaError) {
    let file = error.filePath ?? error.url?.path ?? "a file"
    let cause = error.underlying as NSError?
    let code = cause.flatMap { $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }
    let reason = code.map { String(cString: strerror($0)) } ?? "can't be read or written"
    self.init("\(file): \(reason)")
  }
}
