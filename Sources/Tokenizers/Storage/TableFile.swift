/// The layout of a compiled table: a header, a list of sections, and their contents.
///
/// Everything is little-endian, and contents start at multiples of 64 bytes, so that a mapped file
/// is used in place.
enum TableFile {
  static let magic: UInt64 = 0x4E45_4B4F_5458_4C4D  // "MLXTOKEN"
  /// Changes whenever the layout, or what any table means, does.
  static let version: UInt64 = 1
  static let alignment = 64
  /// magic, version, hash of tokenizer.json, hash of the contents, number of sections
  static let headerWords = 5
  /// section, offset, number of elements
  static let entryWords = 3

  /// What a compiled table holds.
  enum Section: UInt64, CaseIterable {
    case settings = 1
    case tokenText, tokenStarts, tokenIDs, entryOfID, tokenSlots
    case mergeSlots, scores
    case trieLabels, trieChildren, trieValues
    case neighbors
  }

  /// The hash that ties a table to its tokenizer.json, and finds damage.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    tokenHash(bytes.assumingMemoryBound(to: UInt8.self))
  }
}

/// Writes a compiled table.
struct TableWriter {
  private var sections: [(section: TableFile.Section, count: Int, bytes: [UInt8])] = []

  mutating func add<Element>(_ section: TableFile.Section, _ table: FlatTable<Element>) {
    sections.append((section, table.count, table.withBytes { [UInt8]($0) }))
  }

  func finish(sourceHash: UInt64) -> [UInt8] {
    let headerSize = 8 * (TableFile.headerWords + sections.count * TableFile.entryWords)
    var entries: [UInt64] = []
    var contents: [UInt8] = []
    let contentsStart = Self.aligned(headerSize)
    for (section, count, bytes) in sections {
      contents += [UInt8](repeating: 0, count: Self.aligned(contents.count) - contents.count)
      entries += [section.rawValue, UInt64(contentsStart + contents.count), UInt64(count)]
      contents += bytes
    }
    let words =
      [
        TableFile.magic, TableFile.version, sourceHash,
        contents.withUnsafeBytes(TableFile.hash), UInt64(sections.count),
      ] + entries
    var file = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    file += [UInt8](repeating: 0, count: contentsStart - file.count)
    return file + contents
  }

  private static func aligned(_ size: Int) -> Int {
    (size + TableFile.alignment - 1) / TableFile.alignment * TableFile.alignment
  }
}

/// Reads a compiled table.
struct TableReader {
  private let memory: FlatMemory
  private let path: String
  /// The hash of the tokenizer.json that it was made from.
  let sourceHash: UInt64
  private var sections: [TableFile.Section: (offset: Int, count: Int)] = [:]

  init(_ memory: FlatMemory, path: String) throws {
    self.memory = memory
    self.path = path
    let words = memory.byteCount / 8
    let word = { index in
      UInt64(littleEndian: memory.base.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
    guard words >= TableFile.headerWords, word(0) == TableFile.magic else {
      throw TokenizerError(file: path, "it isn't a compiled tokenizer")
    }
    guard word(1) == TableFile.version else {
      throw TokenizerError(file: path, "it was made by another version")
    }
    sourceHash = word(2)
    let count = Int(clamping: word(4))
    guard count <= TableFile.Section.allCases.count,
      words >= TableFile.headerWords + count * TableFile.entryWords
    else { throw TokenizerError(file: path, "it is damaged") }
    var contentsStart = memory.byteCount
    for index in 0..<count {
      let entry = TableFile.headerWords + index * TableFile.entryWords
      guard let section = TableFile.Section(rawValue: word(entry)) else { continue }
      sections[section] = (Int(clamping: word(entry + 1)), Int(clamping: word(entry + 2)))
      contentsStart = min(contentsStart, Int(clamping: word(entry + 1)))
    }
    guard
      TableFile.hash(UnsafeRawBufferPointer(rebasing: memory.bytes[contentsStart...])) == word(3)
    else { throw TokenizerError(file: path, "it is damaged") }
  }

  func has(_ section: TableFile.Section) -> Bool { sections[section] != nil }

  func table<Element>(_ section: TableFile.Section) throws -> FlatTable<Element> {
    guard let (offset, count) = sections[section],
      let table = FlatTable<Element>(memory, offset: offset, count: count)
    else { throw TokenizerError(file: path, key: "\(section)", "is damaged") }
    return table
  }
}
