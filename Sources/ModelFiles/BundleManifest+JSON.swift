import JSON

/// Writing and reading manifest.json. Unknown members are passed over, missing ones named.

extension BundleManifest {
  public var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("format_version", .integer(formatVersion)), ("generator", .string(generator)),
      ("abi_version", .integer(abiVersion)), ("model_type", .string(modelType)),
      ("signature", .string(signature)),
    ]
    if let packingKey { members.append(("packing_key", .string(packingKey))) }
    members += [
      ("numerics", .string(numerics)), ("cache_type", .string(cacheType)),
      ("targets", .array(targets.map(\.json))),
      ("sizes", sizes.json),
    ]
    if let divergence { members.append(("divergence", divergence.json)) }
    if let stepCost { members.append(("step_cost", stepCost.json)) }
    if let speed { members.append(("speed", speed.json)) }
    members.append(("kernels", .array(kernels.map(\.json))))
    let files = files.map { (key: $0.path, value: $0.json) }
    members.append(("files", .object(JSONObject(files))))
    return .object(JSONObject(members))
  }

  /// Reads a manifest; `fileName` stands in the messages.
  public init(json: JSON, fileName: String = "manifest.json") throws {
    let root = try ManifestReader(json, place: fileName)
    formatVersion = try root.integer("format_version")
    guard formatVersion == Self.currentFormatVersion else {
      throw ModelError(
        "\(fileName): format_version is \(formatVersion), this program reads "
          + "\(Self.currentFormatVersion); compile the model again")
    }
    generator = try root.string("generator")
    abiVersion = try root.integer("abi_version")
    modelType = try root.string("model_type")
    signature = try root.string("signature")
    packingKey = try root.has("packing_key") ? root.string("packing_key") : nil
    numerics = try root.string("numerics")
    cacheType = try root.string("cache_type")
    targets = try root.array("targets").map(Target.init)
    sizes = try Sizes(root.object("sizes"))
    divergence = try root.has("divergence") ? Divergence(root.object("divergence")) : nil
    stepCost = try root.has("step_cost") ? StepCost(root.object("step_cost")) : nil
    speed = try root.has("speed") ? Speed(root.object("speed")) : nil
    kernels = try root.array("kernels").map(KernelCost.init)
    files = try root.object("files").members().map(File.init)
  }
}

extension BundleManifest.Target {
  fileprivate var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("name", .string(name)), ("library", .string(library)),
      ("cpu_features", .array(cpuFeatures.map(JSON.string))), ("compiler", .string(compiler)),
    ]
    if let buildKey { members.append(("build_key", .string(buildKey))) }
    return .object(JSONObject(members))
  }

  fileprivate init(_ reader: ManifestReader) throws {
    name = try reader.string("name")
    library = try reader.path("library")
    cpuFeatures = try reader.strings("cpu_features")
    compiler = try reader.string("compiler")
    buildKey = try reader.has("build_key") ? reader.string("build_key") : nil
  }
}

extension BundleManifest.Sizes {
  fileprivate var json: JSON {
    let scratch = scratchBytes.sorted { $0.key < $1.key }.map {
      (key: String($0.key), value: JSON.integer($0.value))
    }
    return [
      "weights_bytes": .integer(weightsBytes), "page_bytes": .integer(pageBytes),
      "page_positions": .integer(pagePositions), "maximum_rows": .integer(maximumRows),
      "scratch_bytes": .object(JSONObject(scratch)),
    ]
  }

  fileprivate init(_ reader: ManifestReader) throws {
    weightsBytes = try reader.integer("weights_bytes")
    // Of as many pages as there are positions, still a number of bytes.
    pageBytes = try reader.integer("page_bytes", atMost: 1 << 36)
    pagePositions = try reader.integer("page_positions")
    maximumRows = try reader.integer("maximum_rows")
    scratchBytes = try reader.object("scratch_bytes").integersByNumber()
  }
}

extension BundleManifest.Divergence {
  fileprivate var json: JSON {
    [
      "mean_kl": .number(meanKL), "maximum_kl": .number(maximumKL),
      "top1_agreement": .number(top1Agreement), "prompts": .integer(prompts),
    ]
  }

  fileprivate init(_ reader: ManifestReader) throws {
    meanKL = try reader.number("mean_kl")
    maximumKL = try reader.number("maximum_kl")
    top1Agreement = try reader.number("top1_agreement")
    prompts = try reader.integer("prompts")
  }
}

extension BundleManifest.KernelCost {
  fileprivate var json: JSON {
    [
      "name": .string(name), "calls": .integer(calls), "wanted_calls": .integer(wantedCalls),
      "weight_bytes": .integer(weightBytes),
      "operations_per_row": .integer(operationsPerRow),
      "int8_operations_per_row": .integer(int8OperationsPerRow),
      "bf16_operations_per_row": .integer(bf16OperationsPerRow),
      "page_bytes_per_position": .integer(pageBytesPerPosition),
      "operations_per_position": .integer(operationsPerPosition),
      "int16_operations_per_position": .integer(int16OperationsPerPosition),
    ]
  }

  fileprivate init(_ reader: ManifestReader) throws {
    name = try reader.string("name")
    calls = try reader.integer("calls")
    // Bundles made before layers left rows out don't say it.
    let knownCalls = name.hasPrefix("logits") ? calls : 0
    wantedCalls = reader.has("wanted_calls") ? try reader.integer("wanted_calls") : knownCalls
    weightBytes = try reader.integer("weight_bytes")
    operationsPerRow = try reader.integer("operations_per_row")
    int8OperationsPerRow = try reader.integer("int8_operations_per_row")
    let bf16 = "bf16_operations_per_row"
    bf16OperationsPerRow = reader.has(bf16) ? try reader.integer(bf16) : 0
    pageBytesPerPosition = try reader.integer("page_bytes_per_position")
    operationsPerPosition = try reader.integer("operations_per_position")
    let int16 = "int16_operations_per_position"
    int16OperationsPerPosition = reader.has(int16) ? try reader.integer(int16) : 0
  }
}

extension BundleManifest.File {
  fileprivate var json: JSON { ["bytes": .integer(bytes), "sha256": .string(sha256)] }

  fileprivate init(path: String, _ reader: ManifestReader) throws {
    self.path = try reader.checkedPath(path)
    bytes = try reader.integer("bytes")
    sha256 = try reader.string("sha256")
  }
}
