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
      defaults = nil
      layers = JSONObject()
      return
    }
    guard let object = value.object else {
      throw ModelError("config.json: \(key) is \(value.kind), expected an object")
    }
    try Self.refuseForeignMethod(object, key: key)
    defaults = Self.parameters(object)
    layers = object
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

  /// Formats of other tools store other tensors under other names; only `quantization_config`
  /// names them.
  private static func refuseForeignMethod(_ object: JSONObject, key: String) throws {
    guard key != "quantization", let method = object["quant_method"]?.string,
      object["bits"] == nil || object["group_size"] == nil || ["awq", "gptq"].contains(method)
    else { return }
    throw ModelError(
      "config.json: \(key).quant_method \"\(printable(method))\" isn't supported; "
        + "use a model quantised by mlx_lm.convert (affine, 2 to 8 bits)")
  }
}

extension String {
  func droppingPrefix(_ prefix: String) -> String {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
  }
}
