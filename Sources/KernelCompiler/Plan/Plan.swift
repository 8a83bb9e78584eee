import ModelGraph

/// Everything decided about a model before C is written: kernels in order, memory, weights, costs.
public struct Plan: Sendable {
  public let modelType: String
  public let target: Target
  public let numerics: Numerics
  public let cacheType: CacheType
  /// Hash of shapes and weight formats: a library runs only with weights packed for it.
  public let signature: String
  public let vocabulary: Int
  public let hidden: Int
  public let layers: Int
  public let contextLimit: Int
  /// Most rows of one step.
  public let maximumRows: Int
  /// Bytes of one page, all attention layers.
  public let pageBytes: Int
  /// Size of weights.bin.
  public let weightsBytes: Int
  /// Scratch that all threads share.
  public let sharedScratchBytes: Int
  /// Scratch of each thread.
  public let threadScratchBytes: Int
  /// Rows up to which every thread prepares all of them for itself.
  let rowsAlone: Int
  let tiles: Tiles
  /// Pages of one run of attention.
  let runPages: Int
  let functions: [PlannedKernel]
  /// The calls of a step, in order.
  let schedule: [ScheduledCall]
  let tensors: [PackedTensor]

  /// Positions of one page.
  public static let pagePositions = 64

  public var pagePositions: Int { Self.pagePositions }

  public var kernels: [KernelCost] { functions.map(\.cost) }

  public func scratchBytes(threads: Int) -> Int {
    sharedScratchBytes + threads * threadScratchBytes
  }
}

/// What one generated function costs in a step, all its calls together.
public struct KernelCost: Sendable, Equatable {
  /// The function's name in the C.
  public let name: String
  public let calls: Int
  /// Those of them that compute only rows whose logits are wanted.
  public let wantedCalls: Int
  public let weightBytes: Int
  public let operationsPerRow: Int
  /// Those of them that multiply bytes, and those that multiply bfloat16 where the CPU can.
  public let int8OperationsPerRow: Int
  public let bf16OperationsPerRow: Int
  public let pageBytesPerPosition: Int
  public let operationsPerPosition: Int
  /// Those of them that multiply 16-bit integers.
  public let int16OperationsPerPosition: Int
}

/// A generated function and its uses.
struct PlannedKernel: Sendable {
  let name: String
  /// Role of the operation that names it, in the first layer that uses it.
  let role: String
  let shape: KernelShape
  var calls: [PlannedCall]
  let numerics: Numerics
  let cacheType: CacheType
}

/// One use of a kernel: the layer and where that layer's tensors and cache are.
struct PlannedCall: Sendable {
  let layer: Int?
  /// Offset in weights.bin.
  let weights: Int
  /// Offset in a page.
  let cache: Int
  /// Whether it computes only rows whose logits are wanted.
  var isForWanted = false
}

/// One call in a step's order.
struct ScheduledCall: Sendable {
  let kernel: Int
  let call: Int
  let layer: Int?
  /// Whether threads meet before the next call.
  let meets: Bool
  /// What is moved together after it, if from then on only rows whose logits are wanted go on.
  var kept: [KeptRows] = []
}

/// Rows in the scratch that later kernels read.
struct KeptRows: Hashable, Sendable {
  let buffer: Buffer
  /// Floats of a row.
  let padded: Int
}

/// How much a kernel keeps in registers.
struct Tiles: Sendable, Hashable {
  /// Rows of activations multiplied with one block of weights at once.
  let tokens = 8
  /// Most blocks of weights that a thread reads at once, where few rows leave memory the bottleneck.
  let streams = 4
  /// How many it reads where nobody measured: Zen 5 reads two 1.8 times as fast as four, Zen 3 with
  /// AVX2 four faster than one.
  let usualStreams: Int
  /// Rows up to which it does: for 2 to 4, one stream takes two thirds of the time that four take.
  let streamRows = 1
  /// Blocks that are multiplied with what is read of several rows of bytes once.
  let blocksTogether: Int
  /// Queries multiplied with one page at once.
  let queries = 6
  /// Sums that such a product keeps.
  let sums: Int

  init(_ instructions: InstructionSet) {
    let wide = instructions.registers.count * instructions.registers.lanes >= 512
    sums = wide ? 24 : 6
    usualStreams = wide ? 2 : 4
    blocksTogether = instructions.blocksTogether
  }

  /// Most vectors that one product yields.
  var products: Int { max(tokens * blocksTogether, streams * streamRows) }

  /// Vectors of a page's row that some queries are multiplied with.
  func width(queries: Int, vectors: Int) -> Int {
    var width = 1
    while 2 * width * queries <= sums { width *= 2 }
    return min(width, vectors)
  }
}
