import JSON

/// Text to token ids and back, as a model's tokenizer.json describes it.
///
/// Ids are those of the reference, the PyPI package `tokenizers`, except that `truncation` and
/// `padding` of the file don't apply: a prompt is never cut silently.
public final class Tokenizer: Sendable {
  let added: AddedTokens
  let vocabulary: Vocabulary
  private let normalizers: [any Normalizer]
  private let preTokenizers: [any PreTokenizer]
  private let model: any TokenModel
  /// What the tokenizer was made from.
  let source: TokenizerFile
  /// The model's tables.
  var modelData: ModelData { model.data }
  private let postProcessor: PostProcessor
  let decoders: [any DecoderStep]
  /// The ids that decoding leaves out when it skips special tokens.
  private let skipped: Set<Int32>
  /// The ids that only the vocabulary has, which are most.
  private let ordinary: IDSet

  /// One more than the largest id.
  public let vocabularySize: Int
  /// The tokens that tokenizer_config.json names as beginning and end of a sequence.
  public let beginOfSequence: Int32?
  public let endOfSequence: Int32?

  /// Reads tokenizer.json, and tokenizer_config.json where there is one. A compiled table of this
  /// very tokenizer.json beside it takes its place.
  public convenience init(directory path: String) throws {
    let file = path + "/tokenizer.json"
    try TokenizerFile.refuseOtherForms(in: path)
    let memory = try FlatMemory(mapping: file)
    let contents =
      try TokenizerFile(compiledIn: path, for: memory)
      ?? TokenizerFile(path: file, bytes: memory.bytes)
    try self.init(contents, try TokenizerConfiguration(directory: path))
  }

  /// A tokenizer of the text of tokenizer.json; `name` stands for the file in error messages.
  public convenience init(json: String, name: String = "tokenizer.json") throws {
    var json = json
    let file = try json.withUTF8 {
      try TokenizerFile(path: name, bytes: UnsafeRawBufferPointer($0))
    }
    try self.init(file, TokenizerConfiguration())
  }

  init(_ file: TokenizerFile, _ configuration: TokenizerConfiguration) throws {
    source = file
    vocabulary = file.data.vocabulary
    normalizers = try file.component("normalizer").map(NormalizerKinds.read) ?? []
    let model = try file.modelComponent()
    let steps = try file.component("pre_tokenizer").map(PreTokenizerKinds.read) ?? []
    let (preTokenizers, wordsAreBytes) = try Self.keepingBytes(steps, model)
    self.preTokenizers = preTokenizers
    self.model = try ModelKinds.make(file.data, model, bytes: wordsAreBytes)
    postProcessor = try file.component("post_processor").map(PostProcessorKinds.read) ?? .init()
    decoders = try file.component("decoder").map(DecoderKinds.read) ?? [SpaceDecoder()]
    let added = AddedTokens(try file.addedTokens(), normalizers: normalizers)
    self.added = added
    skipped = added.skippedIDs
    ordinary = IDSet(below: vocabulary.idLimit, without: added.tokens.map(\.id))
    vocabularySize = added.tokens.reduce(vocabulary.idLimit) { max($0, Int($1.id) + 1) }
    let find = { [vocabulary] (token: String?) in
      token.flatMap { added.id(of: $0) ?? vocabulary.id(of: $0) }
    }
    beginOfSequence = find(configuration.beginOfSequence)
    endOfSequence = find(configuration.endOfSequence)
  }

  /// Lets a BPE model take bytes where they would be written in the byte alphabet right before it.
  private static func keepingBytes(
    _ steps: [any PreTokenizer], _ model: Component
  ) throws -> (steps: [any PreTokenizer], wordsAreBytes: Bool) {
    guard var last = steps.last as? ByteLevelPreTokenizer, try model.string("type") == "BPE",
      BPE.canTakeBytes(model)
    else { return (steps, false) }
    last.mapsBytes = false
    return (steps.dropLast() + [last], true)
  }
}

// MARK: - Encoding

extension Tokenizer {
  /// The ids of a text. In the `literal` ranges (of UTF-8 bytes, ascending), what spells an added
  /// token such as `<|im_end|>` is text like any other.
  public func encode(
    _ text: String, addSpecialTokens: Bool, literal: [Range<Int>] = []
  ) -> [Int32] {
    var ids = addSpecialTokens ? postProcessor.before : []
    var text = text
    text.withUTF8 { bytes in
      for part in added.matcher(normalized: false).parts(of: bytes, literal: literal) {
        switch part {
        case .token(let id, _): ids.append(id)
        case .text(let range):
          let section = UnsafeBufferPointer(rebasing: bytes[range])
          let literal = LiteralRanges(literal, in: range, of: bytes)
          encode(section, startsAtOrigin: range.lowerBound == 0, literal, into: &ids)
        }
      }
    }
    return addSpecialTokens ? ids + postProcessor.after : ids
  }

  /// A stretch of text that has no more tokens to be found before normalisation.
  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, startsAtOrigin: Bool, _ literal: LiteralRanges,
    into ids: inout [Int32]
  ) {
    let origin = startsAtOrigin && !text.isEmpty ? utf8Length(startingWith: text[0]) : 0
    let normalized = normalize(Array(text), originLength: origin)
    let matcher = added.matcher(normalized: true)
    if matcher.isEmpty { return encode(normalized, into: &ids) }
    let literal = literal.mapped { prefix in
      normalizers.isEmpty
        ? prefix : normalize(Array(text[..<prefix]), originLength: 0).bytes.count
    }
    normalized.bytes.withUnsafeBufferPointer { bytes in
      for part in matcher.parts(of: bytes, literal: literal) {
        switch part {
        case .token(let id, _): ids.append(id)
        case .text(let range):
          let origin = max(0, normalized.originLength - range.lowerBound)
          encode(NormalizedText(bytes: Array(bytes[range]), originLength: origin), into: &ids)
        }
      }
    }
  }

  private func normalize(_ bytes: [UInt8], originLength: Int) -> NormalizedText {
    var text = NormalizedText(bytes: bytes, originLength: originLength)
    let limit = Self.sizeLimit(of: bytes.count)
    for normalizer in normalizers where text.bytes.count <= limit { normalizer.normalize(&text) }
    return text
  }

  private func encode(_ text: NormalizedText, into ids: inout [Int32]) {
    var words = WordText(text)
    let limit = Self.sizeLimit(of: text.bytes.count)
    for preTokenizer in preTokenizers where words.bytes.count <= limit { preTokenizer.cut(&words) }
    model.encode(words, into: &ids)
  }

  /// Steps that have made a text so much longer are there to exhaust memory, and end here.
  private static func sizeLimit(of size: Int) -> Int { (1 << 16) + size * 64 }
}

// MARK: - Decoding

extension Tokenizer {
  /// The text of ids. Ids that no token has are left out.
  public func decode(_ ids: [Int32], skipSpecialTokens: Bool) -> String {
    var decoder = makeStreamDecoder(skipSpecialTokens: skipSpecialTokens)
    return decoder.decode(ids)
  }

  public func makeStreamDecoder(skipSpecialTokens: Bool) -> StreamDecoder {
    StreamDecoder(self, skipSpecialTokens: skipSpecialTokens)
  }

  /// Writes the text that the decoder is given for an id, if any.
  func writeDecoderInput(_ id: Int32, skipSpecialTokens: Bool, to pieces: inout PieceList) {
    if ordinary.contains(id) {
      vocabulary.withBytes(of: id) { pieces.append($0) }
    } else if skipSpecialTokens, skipped.contains(id) {
      return
    } else if let text = added.decodedText(id) {
      pieces.append(text)
    }
  }
}

// MARK: - Tokens

extension Tokenizer {
  /// The tokens that are recognised in text before the model sees it.
  public var addedTokens: [AddedToken] { added.tokens }

  /// A token as the vocabulary spells it.
  public func token(_ id: Int32) -> String? {
    added[id]?.content ?? vocabulary.bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What a token adds in the middle of a text, which may be a part of a character.
  public func bytes(of id: Int32) -> [UInt8]? {
    if let token = added[id] { return Array(token.content.utf8) }
    return vocabulary.bytes(of: id).map { token in decoders.reduce(token) { $1.bytes(of: $0) } }
  }

  public func id(of token: String) -> Int32? { added.id(of: token) ?? vocabulary.id(of: token) }

  public func isSpecial(_ id: Int32) -> Bool { added[id]?.isSpecial ?? false }
}
