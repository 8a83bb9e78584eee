import JSON

/// What config.json says about quantisation. Tensor shapes win over it: configs in the wild
/// disagree with the files beside them.
struct Quantization: Sendable {
  /// One entry: the defaults at top level, or the parameters of one layer.
  struct Parameters: Equatable, Sendable {
    var bits: Int?
    var groupSize: Int?
    /// An entry without a mode is affine, whatever the top level says.
    var mode = "affine"
  }

  /// Nil where config.json describes no quantisation at all.
  let defaults: Parameters?
  /// The format of another tool that `quantization_config` names: its tensors are others, under
  /// other names. It may also be left over from before a conversion, so it is no error by itself.
  let foreignMethod: String?
  private let layers: JSONObject

  /// `quantization` first; the copy that the hub wants, `quantization_config`, only in its absence.
  init(_ configuration: JSONObject) throws {
    let candidates: [(key: String, value: JSON?)] = [
      ("quantization", configuration["quantization"]),
      ("quantization_config", configuration["quantization_config"]),
      (
        "text_config.quantization_config",
        configuration["text_config"]?["quantization_config"]
      ),
    ]
    guard let (key, value) = candidates.first(where: { $0.value.map { !$0.isNull } ?? false }),
      let value
    else {
      (defaults, foreignMethod) = (nil, nil)
      layers = JSONObject()
      return
    }
    guard let object = value.object else {
      throw ModelError("config.json: \(key) is \(value.kind), expected an object")
    }
    foreignMethod = key == "quantization" ? nil : object["quant_method"]?.string
    defaults = Self.parameters(object)
    layers = object
    if foreignMethod == nil { try Self.check(object, key) }
  }

  /// Refuses widths and group sizes that MLX has in no mode. Another tool's are its own affair.
  private static func check(_ object: JSONObject, _ key: String) throws {
    try checkNumbers(object, key)
    for (name, value) in object {
      if let entry = value.object { try checkNumbers(entry, "\(key).\(printable(name))") }
    }
  }

  private static func checkNumbers(_ entry: JSONObject, _ key: String) throws {
    for (name, allowed) in [("bits", [2, 3, 4, 5, 6, 8]), ("group_size", [16, 32, 64, 128])] {
      guard let value = entry[name], !value.isNull else { continue }
      if let number = value.integer, allowed.contains(number) { continue }
      let known = allowed.dropLast().map(String.init).joined(separator: ", ")
      throw ModelError(
        "config.json: \(key).\(name) is \(printable(value.text())), but MLX quantises with "
          + "\(known) or \(allowed[allowed.count - 1]); correct it, or convert the model again")
    }
  }

  /// The parameters that config.json gives a module; nil where it says the module isn't quantised.
  func parameters(of path: String) -> Parameters? {
    for spelling in Self.spellings(of: path) {
      switch layers[spelling] {
      case .object(let entry): return Self.parameters(entry)
      case .bool(false): return nil
      case .bool(true): return defaults
      default: continue
      }
    }
    return defaults
  }

  /// Entries are keyed by the sanitised name or by the one the checkpoint started with.
  private static func spellings(of path: String) -> [String] {
    [
      path, "language_model." + path, "model.language_model." + path.droppingPrefix("model."),
      path.droppingPrefix("language_model."),
    ]
  }

  private static func parameters(_ entry: JSONObject) -> Parameters {
    Parameters(
      bits: entry["bits"]?.integer, groupSize: entry["group_size"]?.integer,
      mode: entry["mode"]?.string ?? "affine")
  }
}

extension String {
  func droppingPrefix(_ prefix: String) -> String {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
  }
}
