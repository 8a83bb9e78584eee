import JSON

/// The header of a safetensors file: what it says, checked against the size of the file.
///
/// Format: an 8-byte little-endian length, that many bytes of JSON, then data that may start at any
/// byte. The header is hostile input: every length and offset is checked before it is used.
struct SafetensorsHeader {
  /// One tensor as the header describes it.
  struct Entry: Sendable {
    let name: String
    /// Nil for an element type that models don't use; an error only for who asks for the tensor.
    let type: ScalarType?
    let typeName: String
    let shape: [Int]
    /// Where the tensor's bytes are in the file.
    let range: Range<Int>
  }

  let entries: [Entry]

  /// The reference implementation has the same limit.
  static let maximumLength = 100_000_000
  private static let maximumDimensions = 16

  init(_ file: MappedFile) throws {
    let data = try Self.split(file)
    var entries: [Entry] = []
    do {
      var reader = JSONReader(data.header)
      try reader.readObject { name, reader in
        if name == "__metadata__" { return try reader.skipValue() }
        entries.append(try Self.readEntry(name, &reader, file: file, dataStart: data.start))
      }
      try reader.finish()
    } catch let error as JSONError {
      throw ModelError("\(file.name): the header isn't a safetensors header: \(error)")
    }
    try Self.refuseRepetition(entries, file)
    try Self.refuseOverlaps(entries, file)
    self.entries = entries
  }

  private static func split(_ file: MappedFile) throws
    -> (header: UnsafeRawBufferPointer, start: Int)
  {
    guard !file.bytes.starts(with: Array("version https://git-lfs".utf8)) else {
      throw ModelError(
        "\(file.name): is what Git LFS leaves in place of a file; fetch the file with "
          + "`git lfs pull`")
    }
    let damaged = "the file is damaged or not a safetensors file; download or convert it again"
    guard file.bytes.count >= 8 else {
      throw ModelError("\(file.name): only \(file.bytes.count) bytes; \(damaged)")
    }
    let stated = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard stated <= UInt64(maximumLength) else {
      throw ModelError("\(file.name): states a header of \(stated) bytes; \(damaged)")
    }
    let start = 8 + Int(stated)
    guard start <= file.bytes.count else {
      throw ModelError(
        "\(file.name): states a header of \(stated) bytes, but has only \(file.bytes.count); "
          + damaged)
    }
    return (UnsafeRawBufferPointer(rebasing: file.bytes[8..<start]), start)
  }

  private static func readEntry(
    _ name: String, _ reader: inout JSONReader, file: MappedFile, dataStart: Int
  ) throws -> Entry {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.readObject { key, reader in
      switch key {
      case "dtype": typeName = try reader.readString()
      case "shape": shape = try readSizes(&reader)
      case "data_offsets": offsets = try readSizes(&reader)
      default: try reader.skipValue()
      }
    }
    let place = "\(file.name): tensor \(printable(name))"
    guard let typeName, let shape, let offsets, offsets.count == 2 else {
      throw ModelError("\(place): needs dtype, shape and two data_offsets")
    }
    let range = try range(offsets, dataStart: dataStart, size: file.bytes.count, place: place)
    let type = ScalarType(rawValue: typeName)
    try check(shape, type, byteCount: range.count, place: place)
    return Entry(name: name, type: type, typeName: typeName, shape: shape, range: range)
  }

  private static func readSizes(_ reader: inout JSONReader) throws -> [Int] {
    var sizes: [Int] = []
    try reader.readArray { reader in
      guard sizes.count < maximumDimensions else { throw reader.error("too many dimensions") }
      let size = try reader.readInteger()
      guard size >= 0 else { throw reader.error("a size is negative") }
      sizes.append(size)
    }
    return sizes
  }

  private static func range(
    _ offsets: [Int], dataStart: Int, size: Int, place: String
  ) throws -> Range<Int> {
    let available = size - dataStart
    guard offsets[0] <= offsets[1], offsets[1] <= available else {
      throw ModelError(
        "\(place): data_offsets \(offsets[0]) to \(offsets[1]) don't lie in the file's "
          + "\(available) bytes of data; the download may be incomplete")
    }
    return dataStart + offsets[0]..<dataStart + offsets[1]
  }

  private static func check(
    _ shape: [Int], _ type: ScalarType?, byteCount: Int, place: String
  ) throws {
    guard let type else { return }
    var expected = type.byteCount
    for size in shape {
      let (product, overflow) = expected.multipliedReportingOverflow(by: size)
      guard !overflow else { throw ModelError("\(place): shape \(shape) is too large") }
      expected = product
    }
    guard expected == byteCount else {
      throw ModelError(
        "\(place): shape \(shape) of \(type.rawValue) takes \(expected) bytes, but data_offsets "
          + "give it \(byteCount)")
    }
  }

  private static func refuseRepetition(_ entries: [Entry], _ file: MappedFile) throws {
    var names: Set<String> = []
    for entry in entries where !names.insert(entry.name).inserted {
      throw ModelError("\(file.name): tensor \(printable(entry.name)) is listed twice")
    }
  }

  private static func refuseOverlaps(_ entries: [Entry], _ file: MappedFile) throws {
    let sorted = entries.filter { !$0.range.isEmpty }.sorted {
      $0.range.lowerBound < $1.range.lowerBound
    }
    for (left, right) in zip(sorted, sorted.dropFirst())
    where right.range.lowerBound < left.range.upperBound {
      throw ModelError(
        "\(file.name): tensors \(printable(left.name)) and \(printable(right.name)) overlap")
    }
  }
}
