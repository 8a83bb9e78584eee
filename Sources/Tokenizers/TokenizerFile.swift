import Foundation
import JSON

/// What tokenizer.json says, with the vocabulary and the merges in their tables.
struct TokenizerFile {
  /// Where it was read from, for error messages.
  let path: String
  /// The hash of its bytes.
  let hash: UInt64
  /// All but the model.
  let parts: [String: JSON]
  /// The model's settings, without its tables.
  let model: JSONObject
  let data: ModelData

  /// Offsets in the tables are 32 bits wide.
  private static let sizeLimit = 1 << 30

  init(path: String, hash: UInt64, parts: [String: JSON], model: JSONObject, data: ModelData) {
    self.path = path
    self.hash = hash
    self.parts = parts
    self.model = model
    self.data = data
  }

  init(path: String, bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count <= Self.sizeLimit else {
      throw TokenizerError(file: path, "\(bytes.count) bytes are too many for a tokenizer")
    }
    guard !bytes.starts(with: Array("version https://git-lfs".utf8)) else {
      throw TokenizerError(
        file: path, "is what Git LFS leaves in place of a file; fetch it with `git lfs pull`")
    }
    var model: ModelReader?
    var parts: [String: JSON] = [:]
    do {
      var reader = JSONReader(bytes)
      try reader.readObject { key, reader in
        if key == "model" {
          model = try ModelReader(path, byteCount: bytes.count, &reader)
        } else {
          parts[key] = try Self.read(key, path, &reader)
        }
      }
      try reader.finish()
    } catch let error as JSONError {
      throw TokenizerError(file: path, error.description)
    }
    guard let model else { throw TokenizerError(file: path, key: "model", "is missing") }
    self.init(
      path: path, hash: TableFile.hash(bytes), parts: parts, model: model.settings,
      data: try model.makeData())
  }

  private static func read(
    _ key: String, _ path: String, _ reader: inout JSONReader
  ) throws -> JSON {
    do {
      return try reader.readValue()
    } catch let error as JSONError {
      throw TokenizerError(file: path, key: key, error.description)
    }
  }

  /// Says what a folder has in place of tokenizer.json, where that is another tool's form of one.
  static func refuseOtherForms(in directory: String) throws {
    let file = directory + "/tokenizer.json"
    guard access(file, F_OK) != 0,
      let other = ["tekken.json", "tokenizer.model", "spiece.model", "vocab.json"].first(where: {
        access("\(directory)/\($0)", F_OK) == 0
      })
    else { return }
    throw TokenizerError(
      file: file,
      "is missing, and \(other), which is there, isn't read; take tokenizer.json from a repository "
        + "of the model that has it, or let transformers write it (save_pretrained)")
  }

  /// One of the file's steps; nil where it is null or missing.
  func component(_ name: String) throws -> Component? {
    guard let value = parts[name], !value.isNull else { return nil }
    return try Component(value, file: path, key: name)
  }

  func modelComponent() throws -> Component {
    try Component(.object(model), file: path, key: "model")
  }

  /// The added tokens with the ids that the reference gives them: the model's own id where its
  /// vocabulary has the token, and otherwise the next free one, whatever the file says.
  func addedTokens() throws -> [AddedToken] {
    guard let value = parts["added_tokens"], !value.isNull else { return [] }
    guard let list = value.array else {
      throw TokenizerError(file: path, key: "added_tokens", "expected an array, not \(value.kind)")
    }
    var known: [[UInt8]: Int32] = [:]
    var nextID = Int32(data.vocabulary.count)
    var tokens: [AddedToken] = []
    for (index, value) in list.enumerated() {
      let component = try Component(value, file: path, key: "added_tokens[\(index)]")
      let content = Array(try component.string("content").utf8)
      if content.isEmpty { continue }
      let id = known[content] ?? data.vocabulary.id(of: content) ?? nextID
      if id == nextID { nextID += 1 }
      known[content] = id
      tokens.append(try AddedToken(component, id: id))
    }
    return tokens
  }
}
