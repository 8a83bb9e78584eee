import JSON

/// A tokenizer as one block of memory that needs no parsing: a bundle holds it as tokenizer.table.
extension Tokenizer {
  /// The name of the compiled table in a bundle, beside the tokenizer.json that it stands for.
  public static let compiledTableName = "tokenizer.table"

  /// Everything that `init(compiled:)` needs.
  public func compiledTable() -> [UInt8] {
    var settings = JSONObject()
    for (name, value) in source.parts.sorted(by: { $0.key < $1.key }) { settings[name] = value }
    settings["model"] = .object(source.model)
    var writer = TableWriter()
    writer.add(.settings, FlatTable(Array(JSON.object(settings).text().utf8)))
    modelData.write(to: &writer)
    return writer.finish(sourceHash: source.hash)
  }

  /// A tokenizer of a compiled table that lies in a file, which is mapped and used in place.
  public convenience init(compiled path: String) throws {
    try self.init(
      try TokenizerFile(
        compiled: TableReader(try FlatMemory(mapping: path), path: path), path: path),
      TokenizerConfiguration())
  }
}

extension TokenizerFile {
  /// What the directory's compiled table says; nil where there is none for this tokenizer.json.
  init?(compiledIn directory: String, for source: FlatMemory) {
    let path = directory + "/" + Tokenizer.compiledTableName
    guard FlatMemory.isFile(path), let memory = try? FlatMemory(mapping: path),
      let reader = try? TableReader(memory, path: path),
      reader.sourceHash == TableFile.hash(source.bytes),
      let file = try? TokenizerFile(compiled: reader, path: path)
    else { return nil }
    self = file
  }

  init(compiled reader: TableReader, path: String) throws {
    let settings: FlatTable<UInt8> = try reader.table(.settings)
    guard let object = try settings.withBytes({ try JSON(parsing: $0) }).object else {
      throw TokenizerError(file: path, key: "settings", "is damaged")
    }
    var parts: [String: JSON] = [:]
    for (name, value) in object where name != "model" { parts[name] = value }
    self.init(
      path: path, hash: reader.sourceHash, parts: parts,
      model: object["model"]?.object ?? JSONObject(), data: try ModelData(reader, path: path))
  }
}

extension ModelData {
  fileprivate func write(to writer: inout TableWriter) {
    writer.add(.tokenText, vocabulary.text)
    writer.add(.tokenStarts, vocabulary.starts)
    writer.add(.tokenIDs, vocabulary.ids)
    writer.add(.entryOfID, vocabulary.entries)
    writer.add(.tokenSlots, vocabulary.slots)
    if let merges { writer.add(.mergeSlots, merges.slots) }
    if let scores { writer.add(.scores, scores) }
    if let trie {
      writer.add(.trieLabels, trie.labels)
      writer.add(.trieChildren, trie.children)
      writer.add(.trieValues, trie.values)
    }
    if let neighbors { writer.add(.neighbors, neighbors.bits) }
  }

  fileprivate init(_ reader: TableReader, path: String) throws {
    vocabulary = Vocabulary(
      text: try reader.table(.tokenText), starts: try reader.table(.tokenStarts),
      ids: try reader.table(.tokenIDs), entries: try reader.table(.entryOfID),
      slots: try reader.table(.tokenSlots))
    if reader.has(.mergeSlots) { merges = MergeTable(slots: try reader.table(.mergeSlots)) }
    if reader.has(.scores) { scores = try reader.table(.scores) }
    if reader.has(.trieLabels) {
      trie = PrefixTrie(
        labels: try reader.table(.trieLabels), children: try reader.table(.trieChildren),
        values: try reader.table(.trieValues))
    }
    if reader.has(.neighbors) { neighbors = NeighborFilter(bits: try reader.table(.neighbors)) }
    guard isSound else { throw TokenizerError(file: path, "its tables don't fit together") }
  }

  /// Whether the tables have the sizes that look-ups rely on.
  private var isSound: Bool {
    func isPower(_ count: Int) -> Bool { count > 0 && count & (count - 1) == 0 }
    return isPower(vocabulary.slots.count) && vocabulary.starts.count == vocabulary.ids.count + 1
      && (merges.map { isPower($0.slots.count) && $0.slots.count >= 4 } ?? true)
      && (neighbors.map { $0.bits.count == NeighborFilter.count } ?? true)
      && (trie.map {
        $0.values.count == $0.labels.count && $0.children.count == $0.labels.count + 1
      }
        ?? true)
  }
}
