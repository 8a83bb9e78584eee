import JSON

/// What tokenizer_config.json adds to tokenizer.json.
struct TokenizerConfiguration {
  var beginOfSequence: String?
  var endOfSequence: String?

  init() {}

  /// Reads the file in a model directory; without one, nothing is added.
  init(directory: String) throws {
    let path = directory + "/tokenizer_config.json"
    guard FlatMemory.isFile(path) else { return }
    let memory = try FlatMemory(mapping: path)
    let settings: Component
    do {
      settings = try Component(try JSON(parsing: memory.bytes), file: path, key: "")
    } catch let error as JSONError {
      throw TokenizerError(file: path, error.description)
    }
    beginOfSequence = try Self.token("bos_token", settings)
    endOfSequence = try Self.token("eos_token", settings)
  }

  /// A token is written as its text, or as an object with a `content`.
  private static func token(_ name: String, _ settings: Component) throws -> String? {
    guard settings.has(name) else { return nil }
    if let text = try? settings.string(name) { return text }
    return try settings.component(name).string("content")
  }
}
