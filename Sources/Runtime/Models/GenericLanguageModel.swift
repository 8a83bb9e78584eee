import GenericModel
import Machine
import ModelABI
import ModelFiles
import ModelGraph

/// A model directory run operation by operation, where there is no compiler.
public final class GenericLanguageModel: LanguageModel, @unchecked Sendable {
  public let contextLimit: Int
  public let memory: ModelMemory
  private let model: GenericModel
  private let scratch: LazyMemory

  public var vocabulary: Int { model.vocabulary }
  public var maximumRows: Int { model.maximumRows }
  public var pagePositions: Int { model.pagePositions }
  public var pageBytes: Int { model.pageBytes }
  public var backend: String { model.backend }

  /// Steps as long as OpenBLAS likes them: below some 256 rows its matrix product is slower.
  private static let rowsPerStep = 256
  private static let positionsPerPage = 64

  /// - Parameter progress: hears the share of the weights that is prepared.
  public init(
    directory: ModelDirectory, threads: Int = availableThreads(),
    progress: (Double) -> Void = { _ in }
  ) throws {
    let graph = try buildGraph(directory)
    model = try GenericModel(
      graph: graph, threads: threads, maximumRows: Self.rowsPerStep,
      pagePositions: Self.positionsPerPage, progress: progress)
    contextLimit = graph.contextLimit
    guard let scratch = LazyMemory(byteCount: model.scratchBytes) else {
      throw ModelError("\(directory.path): \(model.scratchBytes) bytes of scratch can't be had")
    }
    self.scratch = scratch
    memory = ModelMemory(weightBytes: model.residentBytes, scratchBytes: model.scratchBytes)
  }

  public func run(_ step: UnsafePointer<model_step>) {
    var own = step.pointee
    own.scratch = scratch.start
    model.run(&own)
  }
}
