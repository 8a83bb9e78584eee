import JSON

/// Reads a section of calls, each between markers of its own and with its arguments as JSON behind
/// a separator: Kimi K2, DeepSeek V3.
struct SectionReader: CallReader {
  /// The markers inside the section, and how a call's head is read.
  struct Layout: Sendable {
    let begin: String
    let separator: String
    let end: String
    /// Name and id in the text between `begin` and `separator`; nil to read the name from what
    /// stands behind the separator, before the JSON.
    let head: @Sendable (String) throws -> (name: String, id: String?)?
  }

  private let layout: Layout
  private var matcher: MarkerMatcher
  private var text: [UInt8] = []
  private var phase = Phase.between
  private var arguments = ArgumentsText()
  private var head: (name: String, id: String?)?
  /// Everything of the call that is being read.
  private var callText = ""
  /// Text of the section outside of calls.
  private var strayText = ""
  private var hasCalls = false

  private enum Phase: Equatable {
    case between, head, payload
    /// A call that is wrong, up to its end.
    case refused(reason: String)
  }

  private enum Marker: Int {
    case begin, separator, end
  }

  init(_ layout: Layout) {
    self.layout = layout
    matcher = MarkerMatcher(
      [layout.begin, layout.separator, layout.end].map { Array($0.utf8) }, structural: 3)
  }

  mutating func append(_ text: String) -> [CallStep] {
    var steps: [CallStep] = []
    for byte in text.utf8 {
      self.text.append(byte)
      guard let marker = matcher.advance(byte).flatMap(Marker.init) else { continue }
      let length = spelling(marker).utf8.count
      let part = String(decoding: self.text.dropLast(length), as: UTF8.self)
      self.text = []
      matcher.reset()
      handle(part, marker, &steps)
    }
    if phase == .payload { streamPayload(&steps) }
    return steps
  }

  private func spelling(_ marker: Marker) -> String {
    switch marker {
    case .begin: layout.begin
    case .separator: layout.separator
    case .end: layout.end
    }
  }

  /// Hands on the part of the text that can't be the beginning of a marker.
  private mutating func streamPayload(_ steps: inout [CallStep]) {
    let safe = text.count - matcher.heldBack
    guard safe > 0 else { return }
    let part = String(decoding: text[..<safe], as: UTF8.self)
    text.removeFirst(safe)
    payload(part, &steps)
  }

  private mutating func handle(_ part: String, _ marker: Marker, _ steps: inout [CallStep]) {
    switch (phase, marker) {
    case (.between, .begin):
      strayText += part
      (callText, phase) = (layout.begin, .head)
    case (.between, .separator):
      (callText, phase) = ("", .head)
      readHead(part)
      begin(&steps)
    case (.between, .end): strayText += part + layout.end
    case (.head, .separator):
      readHead(part)
      begin(&steps)
    case (.payload, .end):
      payload(part, &steps)
      endCall(&steps)
    case (.payload, .separator): payload(part + layout.separator, &steps)
    case (.head, .end), (.refused, .end):
      callText += part + layout.end
      endRefused("has no name", &steps)
    case (.refused, .separator): callText += part + layout.separator
    case (.head, .begin), (.payload, .begin), (.refused, .begin):
      callText += part
      endRefused("has no end", &steps)
      (callText, phase) = (layout.begin, .head)
    }
  }

  private mutating func readHead(_ part: String) {
    arguments = ArgumentsText()
    callText += part + layout.separator
    do {
      head = try layout.head(part)
      phase = .payload
    } catch {
      phase = .refused(reason: (error as? CallError)?.reason ?? "has no name")
    }
  }

  private mutating func begin(_ steps: inout [CallStep]) {
    if phase == .payload, let head { steps.append(.begin(name: head.name, id: head.id)) }
  }

  private mutating func payload(_ part: String, _ steps: inout [CallStep]) {
    callText += part
    let fragment = arguments.append(part)
    guard arguments.hasBegun, beginIfNeeded(&steps) else { return }
    if !fragment.isEmpty { steps.append(.arguments(fragment)) }
  }

  /// Begins the call whose name stands behind the separator.
  private mutating func beginIfNeeded(_ steps: inout [CallStep]) -> Bool {
    if phase != .payload { return false }
    if head != nil { return true }
    let name = trimmed(arguments.before.prefix { $0 != "\n" && $0 != "`" })
    guard !name.isEmpty else {
      phase = .refused(reason: "has no name")
      return false
    }
    head = (name, nil)
    steps.append(.begin(name: name, id: nil))
    return true
  }

  private mutating func endCall(_ steps: inout [CallStep]) {
    callText += layout.end
    guard beginIfNeeded(&steps), arguments.problem == nil else {
      return endRefused(arguments.problem ?? "has no name", &steps)
    }
    if !arguments.hasBegun { steps.append(.arguments("{}")) }
    steps.append(.commit)
    (head, phase, hasCalls) = (nil, .between, true)
  }

  /// Gives the call's text back, now that it is complete.
  private mutating func endRefused(_ reason: String, _ steps: inout [CallStep]) {
    var reason = reason
    if case .refused(let earlier) = phase { reason = earlier }
    steps.append(.reject(text: callText, reason: reason))
    (head, phase, hasCalls) = (nil, .between, true)
  }

  mutating func finish() -> [CallStep] {
    var steps: [CallStep] = []
    let rest = String(decoding: text, as: UTF8.self)
    switch phase {
    case .between: strayText += rest
    case .payload:
      payload(rest, &steps)
      endRefused("is cut off", &steps)
    case .head, .refused:
      callText += rest
      endRefused("is cut off", &steps)
    }
    if !hasCalls {
      steps.append(.reject(text: nil, reason: "holds no call"))
    } else if !trimmed(strayText).isEmpty {
      steps.append(.reject(text: strayText, reason: "has text beside it"))
    }
    return steps
  }
}

/// The JSON object of a call's arguments, within text that may stand around it.
struct ArgumentsText: Sendable {
  private var prefix: [UInt8] = []
  /// Whether anything but white space stands before the object.
  private(set) var hasTextBefore = false
  private var json: [UInt8] = []
  private var after: [UInt8] = []
  private var depth = 0
  private var isInString = false
  private var isEscaped = false

  /// The text before the object.
  var before: String { String(decoding: prefix, as: UTF8.self) }
  /// All of the text.
  var whole: String { String(decoding: prefix + json + after, as: UTF8.self) }
  var hasBegun: Bool { !json.isEmpty }
  var isComplete: Bool { hasBegun && depth == 0 }

  /// Takes more text; the part of it that belongs to the object.
  mutating func append(_ text: String) -> String {
    let start = json.count
    for byte in text.utf8 {
      if !hasBegun, byte != UInt8(ascii: "{") {
        prefix.append(byte)
        if byte != 0x20, !(0x09...0x0D).contains(byte) { hasTextBefore = true }
      } else if isComplete {
        after.append(byte)
      } else {
        take(byte)
      }
    }
    return String(decoding: json[start...], as: UTF8.self)
  }

  private mutating func take(_ byte: UInt8) {
    json.append(byte)
    if isInString {
      if byte == UInt8(ascii: "\""), !isEscaped { isInString = false }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      return
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    default: break
    }
  }

  /// What is wrong with the arguments, now that they are complete.
  var problem: String? {
    guard hasBegun else {
      return hasTextBefore ? "has arguments that aren't an object" : nil
    }
    let rest = String(decoding: after, as: UTF8.self)
    guard trimmed(rest).allSatisfy({ $0 == "`" }) else { return "has text behind its arguments" }
    do {
      _ = try JSON(parsing: json)
      return nil
    } catch {
      return "has arguments that aren't valid JSON: \(error)"
    }
  }
}
