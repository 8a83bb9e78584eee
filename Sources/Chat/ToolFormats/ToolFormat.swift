import Grammar
import JSON

/// One way in which models write tool calls.
///
/// A new one is a file in this folder and a line in `toolFormats`.
public protocol ToolFormat: Sendable {
  /// mlx-lm's name where it has one: the value of `tool_parser_type`.
  var name: String { get }
  /// Whether a model speaks it, by the model's own template.
  func isSpoken(by clues: FormatClues) -> Bool
  var markers: [CallMarkers] { get }
  /// Markers that are no part of the answer.
  var ignoredMarkers: [String] { get }
  /// Special tokens inside calls, which must not be skipped when tokens become text.
  var innerMarkers: [String] { get }
  /// Whether a call may also stand at the very beginning of the answer without a marker, and with
  /// which character it begins then.
  var unmarkedBeginnings: [Character] { get }
  /// For models that put a header before each part of an answer, which says what the part is: how
  /// a prompt ends behind which an answer begins with a header.
  var headerOpening: String? { get }
  /// Whether a header is a name in plain text: then what isn't a name after a header's marker is
  /// text, marker included.
  var headersAreNames: Bool { get }
  /// What stands behind a header.
  func part(behind header: String) -> HeadedPart
  /// A reader for a call behind `markers[index]`, or for an unmarked one (-1).
  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader
  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar
  func makeCallID() -> String
  /// How calls look, in every form that may be constrained.
  var callGrammars: [CallGrammar] { get }
  /// Markers that begin like those of calls, and begin something else.
  var passedMarkers: [String] { get }
  /// Markers that may stand around an answer without calls.
  var answerFrames: [(begin: String, end: String)] { get }
  /// For models that put headers before the parts of an answer: the grammar of an answer behind
  /// `headerOpening`; nil where it is free.
  func answer(
    _ answer: AnswerWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part?
}

extension ToolFormat {
  public var ignoredMarkers: [String] { [] }
  public var innerMarkers: [String] { [] }
  public var unmarkedBeginnings: [Character] { [] }
  public var passedMarkers: [String] { [] }
  public var answerFrames: [(begin: String, end: String)] { [] }
  public var headerOpening: String? { nil }
  public var headersAreNames: Bool { false }
  public func part(behind header: String) -> HeadedPart { .content }

  public func answer(
    _ answer: AnswerWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part? { nil }

  public func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    OutputGrammar(calls: markers, ignored: ignoredMarkers, reasoning: reasoning)
  }

  public func makeCallID() -> String { "call_" + randomName(24) }
}

/// What the text behind a header is.
public enum HeadedPart: Equatable, Sendable {
  case reasoning, content
  case call(name: String)
}

/// Letters and digits drawn at random.
func randomName(_ count: Int) -> String {
  let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
  return String((0..<count).map { _ in alphabet[Int.random(in: alphabet.indices)] })
}

/// What is known of a model when its tool format is chosen.
public struct FormatClues: Sendable {
  /// The source of the chat template; empty where there is none.
  public var template: String
  /// Whether the tokenizer has a token of that spelling.
  public var hasToken: @Sendable (String) -> Bool
  public var modelType: String?

  public init(
    template: String, modelType: String? = nil,
    hasToken: @escaping @Sendable (String) -> Bool = { _ in false }
  ) {
    self.template = template
    self.modelType = modelType
    self.hasToken = hasToken
  }

  func mentions(_ text: String) -> Bool { template.contains(text) }
}

/// The formats, in the order in which a template is asked for them: distinctive ones first.
public let toolFormats: [any ToolFormat] = [
  MiniMaxM2Format(), MiniMaxM3Format(), Gemma4Format(), FunctionGemmaFormat(), LongCatFormat(),
  GLMFormat(),
  PythonicFormat(), SeedFormat(), QwenXMLFormat(), KimiK2Format(), MiniCPM5Format(),
  DeepSeekMarkupFormat(), DeepSeekFormat(), HarmonyFormat(), MistralFormat(), MuseSparkFormat(),
  KimiK3Format(), CommandFormat(), GraniteFormat(), BracketedListFormat.nemotron,
  BracketedListFormat.apriel, BracketedListFormat.firefunction, FunctionaryFormat(),
  ApertusFormat(), GigaChatFormat(), FunctionTagsFormat(), Llama3Format(), HermesFormat(),
]

/// The format that a model speaks; nil where its template knows no tools.
public func toolFormat(named name: String?, for clues: FormatClues) -> (any ToolFormat)? {
  if let name, let format = toolFormats.first(where: { $0.name == name }) { return format }
  if name == "laguna" { return GLMFormat() }
  return toolFormats.first { $0.isSpoken(by: clues) }
}

// MARK: - Reading calls

/// Turns the text between a format's markers into calls.
public protocol CallReader: Sendable {
  /// Takes more of the text.
  mutating func append(_ text: String) -> [CallStep]
  /// The text has ended: at its end marker, or with the output.
  mutating func finish() -> [CallStep]
}

/// What a reader found.
public enum CallStep: Sendable {
  case begin(name: String, id: String?)
  /// More of the JSON text of the arguments of the call begun last.
  case arguments(String)
  /// The calls begun so far are right.
  case commit
  /// The calls begun since the last commit are wrong. `text` is what they were read from, nil for
  /// everything behind the begin marker.
  case reject(text: String?, reason: String)
  /// This is no call at all (only for unmarked ones, before any `begin`).
  case notACall
}

/// One complete call.
public struct ToolCall: Sendable, Equatable {
  public var name: String
  public var arguments: JSON
  public var id: String?

  public init(name: String, arguments: JSON, id: String? = nil) {
    self.name = name
    self.arguments = arguments
    self.id = id
  }

  var steps: [CallStep] {
    [.begin(name: name, id: id), .arguments(arguments.text(style: .compact))]
  }
}

/// Why text isn't a call; the message completes "the tool call …".
struct CallError: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// A reader for formats whose arguments are converted: it waits for the whole text.
struct WholeCallReader: CallReader {
  private var text = ""
  private let parse: @Sendable (String) throws -> [ToolCall]

  init(parse: @escaping @Sendable (String) throws -> [ToolCall]) { self.parse = parse }

  mutating func append(_ text: String) -> [CallStep] {
    self.text += text
    return []
  }

  mutating func finish() -> [CallStep] {
    do {
      let calls = try parse(text)
      guard !calls.isEmpty else { throw CallError("holds no call") }
      return calls.flatMap(\.steps) + [.commit]
    } catch let error as CallError {
      return [.reject(text: nil, reason: error.reason)]
    } catch {
      return [.reject(text: nil, reason: "\(error)")]
    }
  }
}
