import JSON

/// Reads calls written as JSON objects with a name and arguments, while they are written: the name
/// as soon as it is known, then the text of the arguments piece by piece.
struct JSONCallReader: CallReader {
  /// What may stand around the objects.
  enum Layout: Sendable {
    /// One object.
    case object
    /// Objects one after another, in a list or not.
    case objects
  }

  /// The members that hold a call's parts; the first one found counts.
  struct Keys: Sendable {
    var name = ["name", "tool_name", "function"]
    var arguments = ["arguments", "parameters", "args"]
    var id: [String] = []
  }

  private let layout: Layout
  private let keys: Keys
  /// Whether text that isn't a call may turn out to be plain text.
  private let isTentative: Bool

  private var scanner = Scanner()
  private var failure: String?
  private var isInList = false
  private var objects = 0
  private var call = PartialCall()

  init(_ layout: Layout, keys: Keys = Keys(), isTentative: Bool = false) {
    self.layout = layout
    self.keys = keys
    self.isTentative = isTentative
  }

  /// The call whose object is being read.
  private struct PartialCall {
    var start = 0
    var key = ""
    var name: String?
    var id: String?
    var hasBegun = false
    var hasArguments = false
    /// Arguments that came before the name or the id.
    var earlyArguments: String?
    /// Where the part of the arguments begins that hasn't been given out; nil outside of them.
    var streamed: Int?
  }

  mutating func append(_ text: String) -> [CallStep] {
    guard failure == nil else { return [] }
    var steps: [CallStep] = []
    scanner.bytes += text.utf8
    while failure == nil, let event = scanner.next() { handle(event, &steps) }
    if let problem = scanner.problem { fail(problem) }
    streamArguments(upTo: scanner.position, &steps)
    if isTentative, failure != nil, steps.isEmpty, !call.hasBegun, objects == 0 {
      return [.notACall]
    }
    return steps
  }

  mutating func finish() -> [CallStep] {
    if let problem = scanner.problem { fail(problem) }
    if failure == nil, isInList || scanner.isInside { fail("is cut off") }
    if failure == nil, objects == 0 { fail("holds no call") }
    if let failure {
      let isPlainText = isTentative && objects == 0 && !call.hasBegun
      return isPlainText ? [.notACall] : [.reject(text: nil, reason: failure)]
    }
    return [.commit]
  }

  private mutating func fail(_ reason: String) { failure = failure ?? reason }
}

// MARK: - Events

extension JSONCallReader {
  private mutating func handle(_ event: Scanner.Event, _ steps: inout [CallStep]) {
    switch event {
    case .listBegin:
      if layout == .object || isInList || objects > 0 { fail("isn't a JSON object") }
      isInList = true
    case .listEnd:
      if !isInList { fail("has a bracket too many") }
      isInList = false
      scanner.isListClosed = true
    case .objectBegin(let start):
      if layout == .object && objects > 0 { fail("has text behind the JSON object") }
      if scanner.isListClosed { fail("has text behind the list") }
      call = PartialCall(start: start)
    case .key(let range):
      call.key = scanner.string(range) ?? ""
      let known = keys.name + keys.arguments + keys.id + ["type", "id"]
      if isTentative, objects == 0, !known.contains(call.key) { fail("isn't a call") }
    case .valueBegin(let start, let first):
      let isArguments = keys.arguments.contains(call.key) && !call.hasArguments
      let isKnown = call.name != nil && !waitsForID
      if isArguments, isKnown, first == UInt8(ascii: "{") { begin(at: start, &steps) }
    case .value(let range): value(range, &steps)
    case .objectEnd(let range): endObject(range, &steps)
    }
  }

  private mutating func begin(at start: Int, _ steps: inout [CallStep]) {
    guard let name = call.name else { return }
    steps.append(.begin(name: name, id: call.id))
    call.hasBegun = true
    call.hasArguments = true
    call.streamed = start
  }

  private mutating func streamArguments(upTo end: Int, _ steps: inout [CallStep]) {
    guard failure == nil, let start = call.streamed, start < end else { return }
    steps.append(.arguments(scanner.text(start..<end)))
    call.streamed = end
  }

  private mutating func value(_ range: Range<Int>, _ steps: inout [CallStep]) {
    if call.streamed != nil {
      streamArguments(upTo: range.upperBound, &steps)
      call.streamed = nil
      return
    }
    if keys.name.contains(call.key), call.name == nil, let name = scanner.string(range) {
      call.name = name
      if let arguments = call.earlyArguments, !waitsForID { complete(arguments, &steps) }
    } else if keys.id.contains(call.key), let id = scanner.string(range) {
      call.id = id
    } else if keys.arguments.contains(call.key), !call.hasArguments {
      guard let arguments = argumentsText(range) else {
        return fail("has arguments that aren't an object")
      }
      if call.name == nil || waitsForID {
        call.earlyArguments = arguments
      } else {
        complete(arguments, &steps)
      }
    }
  }

  /// Where the model writes ids, a call begins when its id is known: often at its end.
  private var waitsForID: Bool { !keys.id.isEmpty && call.id == nil }

  /// Arguments that are known as a whole: an object, a string that holds one, or null.
  private func argumentsText(_ range: Range<Int>) -> String? {
    let text = scanner.text(range)
    guard let json = try? JSON(parsing: text) else { return nil }
    switch json {
    case .object: return text
    case .null: return "{}"
    case .string(let inner):
      guard case .object? = lenientJSON(inner) else { return inner.isEmpty ? "{}" : nil }
      return inner
    default: return nil
    }
  }

  private mutating func complete(_ arguments: String, _ steps: inout [CallStep]) {
    guard let name = call.name else { return }
    call.hasArguments = true
    call.hasBegun = true
    call.earlyArguments = nil
    steps += [.begin(name: name, id: call.id), .arguments(arguments)]
  }

  private mutating func endObject(_ range: Range<Int>, _ steps: inout [CallStep]) {
    guard call.name != nil else { return fail("names no function") }
    if !call.hasArguments { complete(call.earlyArguments ?? "{}", &steps) }
    objects += 1
    do {
      _ = try JSON(parsing: Array(scanner.bytes[range]))
    } catch {
      fail("isn't valid JSON: \(error)")
    }
  }
}

// MARK: - Scanner

extension JSONCallReader {
  /// Walks through the text far enough to know where the members of the objects are. What stands
  /// between them is checked when an object is complete.
  struct Scanner: Sendable {
    enum Event {
      case listBegin, listEnd
      case objectBegin(Int)
      case key(Range<Int>)
      case valueBegin(Int, first: UInt8)
      case value(Range<Int>)
      case objectEnd(Range<Int>)
    }

    private enum Phase {
      case outside, member, afterKey
      case key(start: Int, isEscaped: Bool)
      case beforeValue
      case string(start: Int, isEscaped: Bool)
      case nested(start: Int, depth: Int, isInString: Bool, isEscaped: Bool)
      case scalar(start: Int)
      case afterValue
    }

    var bytes: [UInt8] = []
    private(set) var position = 0
    private(set) var problem: String?
    var isListClosed = false
    private var phase = Phase.outside
    private var objectStart = 0

    var isInside: Bool { if case .outside = phase { false } else { true } }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The string that a JSON string in that range stands for.
    func string(_ range: Range<Int>) -> String? {
      guard let json = try? JSON(parsing: Array(bytes[range])) else { return nil }
      return json.string
    }

    /// The next thing found in the text; nil when it takes more text to know.
    mutating func next() -> Event? {
      while problem == nil, position < bytes.count {
        let byte = bytes[position]
        if let event = step(byte) { return event }
      }
      return nil
    }

    private mutating func step(_ byte: UInt8) -> Event? {
      switch phase {
      case .outside: return outside(byte)
      case .member, .afterValue: return member(byte)
      case .afterKey:
        position += 1
        if byte == UInt8(ascii: ":") {
          phase = .beforeValue
        } else if !Self.isSpace(byte) {
          problem = "isn't valid JSON"
        }
      case .key(let start, let isEscaped):
        position += 1
        if byte == UInt8(ascii: "\""), !isEscaped {
          phase = .afterKey
          return .key(start..<position)
        }
        phase = .key(start: start, isEscaped: byte == UInt8(ascii: "\\") && !isEscaped)
      case .beforeValue: return beginValue(byte)
      case .string(let start, let isEscaped):
        position += 1
        if byte == UInt8(ascii: "\""), !isEscaped { return endValue(start) }
        phase = .string(start: start, isEscaped: byte == UInt8(ascii: "\\") && !isEscaped)
      case .nested(let start, let depth, let isInString, let isEscaped):
        return nested(byte, start, depth, isInString, isEscaped)
      case .scalar(let start):
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || Self.isSpace(byte) {
          return endValue(start)
        }
        position += 1
      }
      return nil
    }

    private mutating func outside(_ byte: UInt8) -> Event? {
      position += 1
      switch byte {
      case UInt8(ascii: "["): return .listBegin
      case UInt8(ascii: "]"): return .listEnd
      case UInt8(ascii: "{"):
        phase = .member
        objectStart = position - 1
        return .objectBegin(objectStart)
      case UInt8(ascii: ","), UInt8(ascii: ";"): return nil
      default:
        if !Self.isSpace(byte) { problem = "has text that isn't JSON" }
        return nil
      }
    }

    private mutating func member(_ byte: UInt8) -> Event? {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): phase = .key(start: position - 1, isEscaped: false)
      case UInt8(ascii: "}"):
        phase = .outside
        return .objectEnd(objectStart..<position)
      case UInt8(ascii: ","): phase = .member
      default: if !Self.isSpace(byte) { problem = "isn't valid JSON" }
      }
      return nil
    }

    private mutating func beginValue(_ byte: UInt8) -> Event? {
      if Self.isSpace(byte) {
        position += 1
        return nil
      }
      let start = position
      position += 1
      switch byte {
      case UInt8(ascii: "\""): phase = .string(start: start, isEscaped: false)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        phase = .nested(start: start, depth: 1, isInString: false, isEscaped: false)
      default: phase = .scalar(start: start)
      }
      return .valueBegin(start, first: byte)
    }

    private mutating func nested(
      _ byte: UInt8, _ start: Int, _ depth: Int, _ isInString: Bool, _ isEscaped: Bool
    ) -> Event? {
      position += 1
      var depth = depth
      var isInside = isInString
      if isInString {
        if byte == UInt8(ascii: "\""), !isEscaped { isInside = false }
      } else {
        switch byte {
        case UInt8(ascii: "\""): isInside = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
      }
      if depth == 0 { return endValue(start) }
      phase = .nested(
        start: start, depth: depth, isInString: isInside,
        isEscaped: isInString && byte == UInt8(ascii: "\\") && !isEscaped)
      return nil
    }

    private mutating func endValue(_ start: Int) -> Event {
      phase = .afterValue
      return .value(start..<position)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
      byte == 0x20 || (0x09...0x0D).contains(byte)
    }
  }
}
