import Chat
import Foundation
import JSON
import Machine
import ModelFiles
import Runtime

/// Which code runs a model.
public enum Backend: String, Sendable, CaseIterable {
  /// Compiled kernels where they can be had, the generic backend otherwise.
  case auto
  case compiled
  case generic
}

/// Everything it takes to get a model ready to answer.
public struct ModelLoading: Sendable {
  public var location: ModelLocation
  /// A smaller model that guesses tokens for it; nil for none.
  public var draftLocation: ModelLocation?
  public var backend = Backend.auto
  /// Positions of one sequence; no more than the model was made for are used.
  public var contextSize = 4096
  /// Sequences that run at once.
  public var parallel = 4
  /// Most bytes for the whole process: weights, keys and values, scratch, logits, and what
  /// `ServerMemory` says; nil for what full contexts take.
  public var memory: Int?
  public var threads: Int
  /// Makes the bundle of a model directory for this machine, or finds it in a cache.
  public var compile: @Sendable (ModelDirectory) throws -> ModelBundle
  /// Told, in one line each, what a user should know.
  public var report: @Sendable (String) -> Void

  public init(
    location: ModelLocation, threads: Int = availableThreads(),
    compile: @escaping @Sendable (ModelDirectory) throws -> ModelBundle,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.location = location
    self.threads = threads
    self.compile = compile
    self.report = report
  }

  /// Loads tokenizer, template and weights, and starts the engine.
  public func load() throws -> ServedModel {
    let chat = try ChatModel(directory: location.path)
    let (model, signature) = try languageModel(at: location)
    let engine = try Engine(
      model: model, draftModel: draftLocation.map { try draftModel(at: $0, for: chat.tokenizer) },
      configuration: EngineConfiguration(
        contextSize: usableContext(of: model), parallel: parallel, memory: memory,
        reservedBytes: { [vocabulary = max(model.vocabulary, chat.tokenizer.vocabularySize)] in
          ServerMemory(memory: $0).bytes(vocabulary: vocabulary)
        }))
    let identity = [generatorVersion, model.backend, signature].joined(separator: "\n")
    return ServedModel(
      chat: chat, engine: engine, vocabulary: model.vocabulary, backend: model.backend,
      generationConfiguration: members(of: "generation_config.json"),
      tokenizerConfiguration: members(of: "tokenizer_config.json"),
      fingerprint: "fp_" + (try sha256(of: identity)).prefix(12),
      memory: ServerMemory(memory: memory))
  }

  private func usableContext(of model: any LanguageModel) -> Int {
    if contextSize > model.contextLimit {
      report("the model was made for \(model.contextLimit) tokens, so that is the context size")
    }
    return min(contextSize, model.contextLimit)
  }

  /// What is in one of the model's files; a bundle carries the same as the model did.
  private func members(of file: String) -> JSONObject? {
    guard let data = FileManager.default.contents(atPath: location.path + "/" + file) else {
      return nil
    }
    return (try? JSON(parsing: Array(data)))?.object
  }
}

// MARK: - Choosing the backend

extension ModelLoading {
  /// The model, and a text that stands for its weights and kernels.
  func languageModel(at location: ModelLocation) throws -> (any LanguageModel, signature: String) {
    switch (location, backend) {
    case (.bundle(let path), .auto), (.bundle(let path), .compiled):
      return try compiled(ModelBundle(path: path))
    case (.bundle(let path), .generic):
      throw ModelError(
        "\(path): a bundle holds compiled kernels alone; give the model itself to --backend generic"
      )
    case (.directory(let path), .generic): return try generic(ModelDirectory(path: path))
    case (.directory(let path), .compiled): return try compiled(compile(ModelDirectory(path: path)))
    case (.directory(let path), .auto): return try compiledOrGeneric(ModelDirectory(path: path))
    }
  }

  private func compiledOrGeneric(_ directory: ModelDirectory) throws
    -> (any LanguageModel, signature: String)
  {
    do {
      return try compiled(compile(directory))
    } catch {
      // Where the model itself is at fault, this fails too, and says so.
      let model = try generic(directory)
      report("serving with the slower generic backend, since the model can't be compiled: \(error)")
      return model
    }
  }

  private func compiled(_ bundle: ModelBundle) throws -> (any LanguageModel, signature: String) {
    let weights = bundle.manifest.files.first { $0.path == ModelBundle.weightsName }
    let model = try CompiledModel(bundle: bundle, threads: threads)
    return (model, bundle.manifest.signature + (weights?.sha256 ?? ""))
  }

  private func generic(_ directory: ModelDirectory) throws
    -> (any LanguageModel, signature: String)
  {
    let model = try GenericLanguageModel(directory: directory, threads: threads)
    return (model, JSON.object(directory.configuration).text())
  }
}
