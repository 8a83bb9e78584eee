/// Why a tokenizer can't be used: the file, the key in it, and what is wrong with that.
public struct TokenizerError: Error, CustomStringConvertible, Sendable {
  public let file: String
  /// Where in the file, as `model.merges[12]`; empty for the file as a whole.
  public let key: String
  public let message: String

  init(file: String, key: String = "", _ message: String) {
    self.file = file
    self.key = key
    self.message = message
  }

  public var description: String {
    key.isEmpty ? "\(file): \(message)" : "\(file): \(key): \(message)"
  }
}
