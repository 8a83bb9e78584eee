import JSON

/// manifest.json of a bundle: what the compiled library can't know about itself.
public struct BundleManifest: Sendable, Equatable {
  /// Raised whenever a bundle changes in a way that an older reader would misread.
  public static let currentFormatVersion = 3

  public var formatVersion = BundleManifest.currentFormatVersion
  /// "mlx-compile 0.1.0"
  public var generator: String
  public var abiVersion: Int
  public var modelType: String
  /// Hash of graph, shapes and weight formats; library and weights carry the same one.
  public var signature: String
  /// Hash of the weight files and the packed layout: a bundle with the same one has the same
  /// weights.bin, which need not be packed again. Nil where nobody worked it out.
  public var packingKey: String?
  /// "fast" or "exact"
  public var numerics: String
  /// How keys and values are kept: "f32", "f16", "int16" or "int8".
  public var cacheType: String
  public var targets: [Target]
  public var sizes: Sizes
  /// Nil until the bundle has been compared with exact mathematics.
  public var divergence: Divergence?
  /// Nil where no library could be timed, because none runs on the machine that made the bundle.
  public var stepCost: StepCost?
  /// Nil where nobody measured it.
  public var speed: Speed?
  public var kernels: [KernelCost]
  /// Every other file of the bundle, by its path inside it.
  public var files: [File]

  /// One library and what it needs.
  public struct Target: Sendable, Equatable {
    public var name: String
    /// Path inside the bundle: "lib/native.so".
    public var library: String
    public var cpuFeatures: [String]
    /// "clang 14.0.6"
    public var compiler: String
    /// Hash of the C, the compiler and what it was told: a library with the same one has the same
    /// bytes and need not be compiled again. Nil where nobody worked it out.
    public var buildKey: String?

    public init(
      name: String, library: String, cpuFeatures: [String], compiler: String,
      buildKey: String? = nil
    ) {
      self.name = name
      self.library = library
      self.cpuFeatures = cpuFeatures
      self.compiler = compiler
      self.buildKey = buildKey
    }
  }

  /// What a server will use, known before it starts.
  public struct Sizes: Sendable, Equatable {
    public var weightsBytes: Int
    public var pageBytes: Int
    public var pagePositions: Int
    public var maximumRows: Int
    /// By number of threads.
    public var scratchBytes: [Int: Int]

    public init(
      weightsBytes: Int, pageBytes: Int, pagePositions: Int, maximumRows: Int,
      scratchBytes: [Int: Int]
    ) {
      self.weightsBytes = weightsBytes
      self.pageBytes = pageBytes
      self.pagePositions = pagePositions
      self.maximumRows = maximumRows
      self.scratchBytes = scratchBytes
    }
  }

  /// How far the compiled model's answers are from exact mathematics, measured when it was made.
  public struct Divergence: Sendable, Equatable {
    /// Kullback-Leibler divergence in nats, over all positions of the prompts.
    public var meanKL: Double
    public var maximumKL: Double
    /// Share of positions with the same most likely token.
    public var top1Agreement: Double
    public var prompts: Int

    public init(meanKL: Double, maximumKL: Double, top1Agreement: Double, prompts: Int) {
      self.meanKL = meanKL
      self.maximumKL = maximumKL
      self.top1Agreement = top1Agreement
      self.prompts = prompts
    }
  }

  /// One row of the cost table, as `model_kernel_cost` has it.
  public struct KernelCost: Sendable, Equatable {
    public var name: String
    public var calls: Int
    /// Those of them that compute only rows whose logits are wanted.
    public var wantedCalls: Int
    public var weightBytes: Int
    public var operationsPerRow: Int
    /// Those of them that multiply bytes, and bfloat16 where the CPU can; the others multiply floats.
    public var int8OperationsPerRow: Int
    public var bf16OperationsPerRow: Int
    public var pageBytesPerPosition: Int
    public var operationsPerPosition: Int
    /// Those of them that multiply 16-bit integers; the others multiply floats.
    public var int16OperationsPerPosition: Int

    public init(
      name: String, calls: Int, wantedCalls: Int, weightBytes: Int, operationsPerRow: Int,
      int8OperationsPerRow: Int = 0, bf16OperationsPerRow: Int = 0, pageBytesPerPosition: Int,
      operationsPerPosition: Int, int16OperationsPerPosition: Int = 0
    ) {
      self.name = name
      self.calls = calls
      self.wantedCalls = wantedCalls
      self.weightBytes = weightBytes
      self.operationsPerRow = operationsPerRow
      self.int8OperationsPerRow = int8OperationsPerRow
      self.bf16OperationsPerRow = bf16OperationsPerRow
      self.pageBytesPerPosition = pageBytesPerPosition
      self.operationsPerPosition = operationsPerPosition
      self.int16OperationsPerPosition = int16OperationsPerPosition
    }
  }

  public struct File: Sendable, Equatable {
    public var path: String
    public var bytes: Int
    public var sha256: String

    public init(path: String, bytes: Int, sha256: String) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  public init(
    generator: String = "mlx-compile \(generatorVersion)", abiVersion: Int, modelType: String,
    signature: String, packingKey: String? = nil, numerics: String, cacheType: String,
    targets: [Target],
    sizes: Sizes, divergence: Divergence? = nil, stepCost: StepCost? = nil,
    speed: Speed? = nil, kernels: [KernelCost] = [], files: [File] = []
  ) {
    self.generator = generator
    self.abiVersion = abiVersion
    self.modelType = modelType
    self.signature = signature
    self.packingKey = packingKey
    self.numerics = numerics
    self.cacheType = cacheType
    self.targets = targets
    self.sizes = sizes
    self.divergence = divergence
    self.stepCost = stepCost
    self.speed = speed
    self.kernels = kernels
    self.files = files
  }
}
