import JSON

/// The tensors of one or several safetensors files, by name.
public struct TensorFiles: Sendable {
  /// In the order of the files and of their headers.
  public let names: [String]
  private let places: [String: Place]
  /// Where an index says that a tensor is.
  private let statedFile: @Sendable (String) -> String?
  /// Names of all files.
  private let files: Set<String>

  /// Where a tensor stands.
  private struct Place: Sendable {
    let file: MappedFile
    let entry: SafetensorsHeader.Entry
  }

  /// Maps one file.
  public init(path: String) throws { try self.init(paths: [path]) }

  /// Maps several files. Where two hold a tensor of the same name, `statedFile`, an index's answer
  /// to that name, decides which one is meant; without an answer it is an error.
  public init(
    paths: [String], statedFile: @escaping @Sendable (String) -> String? = { _ in nil }
  ) throws {
    var names: [String] = []
    var files: Set<String> = []
    var places: [String: Place] = [:]
    for path in paths {
      let file = try MappedFile(path: path)
      files.insert(file.name)
      for entry in try SafetensorsHeader(file).entries {
        guard let other = places[entry.name] else {
          names.append(entry.name)
          places[entry.name] = Place(file: file, entry: entry)
          continue
        }
        switch statedFile(entry.name) {
        case file.name: places[entry.name] = Place(file: file, entry: entry)
        case other.file.name: break
        default:
          throw ModelError(
            "tensor \(printable(entry.name)) is both in \(other.file.name) and in \(file.name); "
              + "remove the file that doesn't belong to the model")
        }
      }
    }
    self.names = names
    self.places = places
    self.files = files
    self.statedFile = statedFile
  }

  public func contains(_ name: String) -> Bool { places[name] != nil }

  /// The tensor of that name; nil when there is none or its elements are of an unknown type.
  public subscript(name: String) -> StoredTensor? { places[name].flatMap(Self.tensor) }

  /// The tensor of that name, or an error that says what is missing.
  public func tensor(_ name: String) throws -> StoredTensor {
    guard let place = places[name] else { throw missing(name) }
    guard let tensor = Self.tensor(place) else {
      throw ModelError(
        "\(place.file.name): tensor \(printable(name)) has elements of type "
          + "\(printable(place.entry.typeName)), which isn't supported; convert the model with "
          + "mlx_lm.convert")
    }
    return tensor
  }

  private func missing(_ name: String) -> ModelError {
    if let file = statedFile(name), !files.contains(file) {
      return ModelError(
        "tensor \(printable(name)) is missing: the index says it is in \(printable(file)), which "
          + "isn't there; download the rest of the model")
    }
    if let other = nameInLargerModel(name) {
      return ModelError(
        "tensor \(printable(name)) is missing, and \(printable(other)) is there: language_model. is "
          + "the prefix of the text part of a model that also reads images or sound, which isn't "
          + "supported; convert the text part alone, so that the prefix is gone and config.json "
          + "holds what text_config does")
    }
    return ModelError(
      "tensor \(printable(name)) is missing from the safetensors files; "
        + "a shard may be missing, or the model is not of the type that config.json states")
  }

  /// What models of which text is one part call that tensor; nil where there is no such tensor.
  private func nameInLargerModel(_ name: String) -> String? {
    let inner = name.hasPrefix("model.") ? name.dropFirst("model.".count) : name[...]
    return ["language_model." + name, "model.language_model." + inner].first(where: contains)
  }

  private static func tensor(_ place: Place) -> StoredTensor? {
    guard let type = place.entry.type else { return nil }
    return StoredTensor(
      name: place.entry.name, type: type, shape: place.entry.shape,
      bytes: UnsafeRawBufferPointer(rebasing: place.file.bytes[place.entry.range]),
      owner: place.file)
  }
}
