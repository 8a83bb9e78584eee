import JSON

extension BundleManifest {
  /// The contract of speed as it was kept on one machine: what that machine can do at most, the
  /// least time that each kernel could take there, and the time that it took.
  public struct Speed: Sendable, Equatable {
    /// Name of the library that was timed.
    public var target: String
    public var threads: Int
    public var readBytesPerSecond: Double
    /// Multiplications and additions of bytes, and of floats; 0 where they weren't measured.
    public var int8OperationsPerSecond: Double
    public var floatOperationsPerSecond: Double
    /// The same of 16-bit integers; nil in bundles of before they were measured.
    public var int16OperationsPerSecond: Double?
    /// The same of bfloat16; nil where floats are multiplied in their place.
    public var bf16OperationsPerSecond: Double?
    /// One step of generation, and one prompt.
    public var generation: Passage
    public var prompt: Passage

    /// Some rows that were timed together.
    public struct Passage: Sendable, Equatable {
      /// Of all sequences together.
      public var tokens: Int
      /// Positions before the first of them.
      public var depth: Int
      public var tokensPerSecond: Double
      /// In the order of the manifest's kernels.
      public var kernels: [KernelTime]

      public init(tokens: Int, depth: Int, tokensPerSecond: Double, kernels: [KernelTime]) {
        self.tokens = tokens
        self.depth = depth
        self.tokensPerSecond = tokensPerSecond
        self.kernels = kernels
      }

      /// All kernels together: predicted time divided by the time it took.
      public var share: Double {
        let achieved = kernels.reduce(0) { $0 + $1.achieved }
        return achieved > 0 ? kernels.reduce(0) { $0 + $1.predicted } / achieved : 0
      }
    }

    /// Seconds of one kernel, all its calls together.
    public struct KernelTime: Sendable, Equatable {
      public var name: String
      public var predicted: Double
      public var achieved: Double

      public init(name: String, predicted: Double, achieved: Double) {
        self.name = name
        self.predicted = predicted
        self.achieved = achieved
      }

      public var share: Double { achieved > 0 ? predicted / achieved : 0 }
    }

    public init(
      target: String, threads: Int, readBytesPerSecond: Double, int8OperationsPerSecond: Double,
      floatOperationsPerSecond: Double, int16OperationsPerSecond: Double? = nil,
      bf16OperationsPerSecond: Double? = nil,
      generation: Passage, prompt: Passage
    ) {
      self.target = target
      self.threads = threads
      self.readBytesPerSecond = readBytesPerSecond
      self.int8OperationsPerSecond = int8OperationsPerSecond
      self.floatOperationsPerSecond = floatOperationsPerSecond
      self.int16OperationsPerSecond = int16OperationsPerSecond
      self.bf16OperationsPerSecond = bf16OperationsPerSecond
      self.generation = generation
      self.prompt = prompt
    }
  }
}

extension BundleManifest.Speed {
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("target", .string(target)), ("threads", .integer(threads)),
      ("read_bytes_per_second", .number(readBytesPerSecond)),
      ("int8_operations_per_second", .number(int8OperationsPerSecond)),
      ("float_operations_per_second", .number(floatOperationsPerSecond)),
    ]
    if let rate = int16OperationsPerSecond {
      members.append(("int16_operations_per_second", .number(rate)))
    }
    if let rate = bf16OperationsPerSecond {
      members.append(("bf16_operations_per_second", .number(rate)))
    }
    members += [("generation", generation.json), ("prompt", prompt.json)]
    return .object(JSONObject(members))
  }

  init(_ reader: ManifestReader) throws {
    target = try reader.string("target")
    threads = try reader.integer("threads")
    readBytesPerSecond = try reader.number("read_bytes_per_second")
    int8OperationsPerSecond = try reader.number("int8_operations_per_second")
    floatOperationsPerSecond = try reader.number("float_operations_per_second")
    let int16 = "int16_operations_per_second"
    int16OperationsPerSecond = reader.has(int16) ? try reader.number(int16) : nil
    let bf16 = "bf16_operations_per_second"
    bf16OperationsPerSecond = reader.has(bf16) ? try reader.number(bf16) : nil
    generation = try Passage(reader.object("generation"))
    prompt = try Passage(reader.object("prompt"))
  }
}

extension BundleManifest.Speed.Passage {
  fileprivate var json: JSON {
    let kernels = kernels.map { kernel -> JSON in
      [
        "name": .string(kernel.name), "predicted_seconds": .number(kernel.predicted),
        "achieved_seconds": .number(kernel.achieved),
      ]
    }
    return [
      "tokens": .integer(tokens), "depth": .integer(depth),
      "tokens_per_second": .number(tokensPerSecond), "kernels": .array(kernels),
    ]
  }

  fileprivate init(_ reader: ManifestReader) throws {
    tokens = try reader.integer("tokens")
    depth = try reader.integer("depth")
    tokensPerSecond = try reader.number("tokens_per_second")
    kernels = try reader.array("kernels").map { kernel in
      BundleManifest.Speed.KernelTime(
        name: try kernel.string("name"), predicted: try kernel.number("predicted_seconds"),
        achieved: try kernel.number("achieved_seconds"))
    }
  }
}
