import JSON

/// Reads the `model` of tokenizer.json: the tables as they come, without a tree of values.
struct ModelReader {
  private let file: String
  /// The size of the file, from which the size of the tables is guessed.
  private let byteCount: Int
  private(set) var settings = JSONObject()
  private var vocabulary: VocabularyBuilder?
  /// Unigram's scores, by id.
  private var scores: [Double]?
  private var merges: MergeList?

  init(_ file: String, byteCount: Int, _ reader: inout JSONReader) throws {
    self.file = file
    self.byteCount = byteCount
    try reader.readObject { key, reader in
      do {
        try read(key, &reader)
      } catch let error as JSONError {
        throw TokenizerError(file: file, key: "model.\(key)", error.description)
      }
    }
  }

  private mutating func read(_ key: String, _ reader: inout JSONReader) throws {
    switch key {
    case "vocab": try readVocabulary(&reader)
    case "merges": try readMerges(&reader)
    default: settings[key] = try reader.readValue()
    }
  }

  private mutating func readVocabulary(_ reader: inout JSONReader) throws {
    switch reader.peek() {
    case UInt8(ascii: "{"): try readTokens(&reader)
    case UInt8(ascii: "["): try readScores(&reader)
    default: throw error("model.vocab", "expected an object or an array")
    }
  }

  /// `{"token": id, …}`
  private mutating func readTokens(_ reader: inout JSONReader) throws {
    var builder = VocabularyBuilder(expectedCount: byteCount / 32)
    try reader.readObjectBytes { key, reader in
      let id = try reader.readInteger()
      guard id >= 0, id < VocabularyBuilder.idLimit else {
        throw error("model.vocab", "the id \(id) of \"\(Self.text(key))\" is out of range")
      }
      key.withUnsafeBufferPointer { builder.add($0, id: Int32(id)) }
    }
    vocabulary = builder
  }

  /// `[["token", score], …]`, where a token's id is its place.
  private mutating func readScores(_ reader: inout JSONReader) throws {
    var builder = VocabularyBuilder(expectedCount: byteCount / 32)
    var scores: [Double] = []
    try reader.readArray { reader in
      var field = 0
      try reader.readArray { reader in
        switch field {
        case 0:
          let token = try reader.readStringBytes()
          token.withUnsafeBufferPointer { builder.add($0, id: Int32(scores.count)) }
        case 1:
          guard let score = try reader.readValue().double, !score.isNaN else {
            throw error("model.vocab[\(scores.count)]", "expected a score")
          }
          scores.append(score)
        default: throw error("model.vocab[\(scores.count)]", "expected a token and its score")
        }
        field += 1
      }
      guard field == 2, scores.count < VocabularyBuilder.idLimit else {
        throw error("model.vocab[\(scores.count)]", "expected a token and its score")
      }
    }
    vocabulary = builder
    self.scores = scores
  }

  /// `["left right", …]` or `[["left", "right"], …]`
  private mutating func readMerges(_ reader: inout JSONReader) throws {
    var list = MergeList()
    try reader.readArray { reader in
      if reader.peek() == UInt8(ascii: "[") {
        var parts: [[UInt8]] = []
        try reader.readArray { reader in parts.append(try reader.readStringBytes()) }
        guard parts.count == 2 else {
          throw error("model.merges[\(list.count)]", "expected two tokens, not \(parts.count)")
        }
        list.append(parts[0], parts[1])
      } else {
        let line = try reader.readStringBytes()
        if line.starts(with: "#version".utf8) { return }
        guard list.append(line: line) else {
          throw error("model.merges[\(list.count)]", "\"\(Self.text(line))\" isn't two tokens")
        }
      }
    }
    merges = list
  }

  func makeData() throws -> ModelData {
    guard let vocabulary = vocabulary?.build() else { throw error("model.vocab", "is missing") }
    guard vocabulary.count > 0 else { throw error("model.vocab", "is empty") }
    return ModelData(
      vocabulary: vocabulary, merges: try merges.map { try mergeTable($0, vocabulary) },
      scores: scores.map { FlatTable($0) })
  }

  /// Looks up the tokens of every merge.
  private func mergeTable(_ list: MergeList, _ vocabulary: Vocabulary) throws -> MergeTable {
    let prefix = Array((settings["continuing_subword_prefix"]?.string ?? "").utf8)
    var merges: [(left: Int32, right: Int32, merged: Int32)] = []
    merges.reserveCapacity(list.count)
    var merged: [UInt8] = []
    try list.visit { index, left, right in
      merged.removeAll(keepingCapacity: true)
      merged.append(contentsOf: left)
      merged.append(contentsOf: right.dropFirst(prefix.count))
      guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right) else {
        let missing = vocabulary.id(of: left) == nil ? left : right
        throw error(
          "model.merges[\(index)]", "\"\(Self.text(Array(missing)))\" isn't in the vocabulary")
      }
      guard let mergedID = vocabulary.id(of: merged) else {
        throw error("model.merges[\(index)]", "\"\(Self.text(merged))\" isn't in the vocabulary")
      }
      merges.append((leftID, rightID, mergedID))
    }
    return MergeTable(merges)
  }

  private func error(_ key: String, _ message: String) -> TokenizerError {
    TokenizerError(file: file, key: key, message)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Merges as they were read: pairs of texts.
private struct MergeList {
  private var text: [UInt8] = []
  /// Where each left and each right text ends. (merges * 2)
  private var ends: [Int] = []

  var count: Int { ends.count / 2 }

  mutating func append(_ left: [UInt8], _ right: [UInt8]) {
    text += left
    ends.append(text.count)
    text += right
    ends.append(text.count)
  }

  /// Takes a line `left right`; false unless it has exactly one space.
  mutating func append(line: [UInt8]) -> Bool {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")),
      !line[(space + 1)...].contains(UInt8(ascii: " "))
    else { return false }
    text += line[..<space]
    ends.append(text.count)
    text += line[(space + 1)...]
    ends.append(text.count)
    return true
  }

  func visit(
    _ body: (
      _ index: Int, _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
    ) throws -> Void
  ) rethrows {
    try text.withUnsafeBufferPointer { text in
      var start = 0
      for index in 0..<count {
        let middle = ends[index * 2]
        let end = ends[index * 2 + 1]
        try body(
          index, UnsafeBufferPointer(rebasing: text[start..<middle]),
          UnsafeBufferPointer(rebasing: text[middle..<end]))
        start = end
      }
    }
  }
}
