import JSON

/// Reads a call whose name came in a header: the name is the first text, the rest its arguments.
struct HeadedCallReader: CallReader {
  /// A tool whose only argument may be written as bare text.
  var textTool: (name: String, parameter: String)?
  private var name: String?
  private var arguments = ArgumentsText()

  init(textTool: (name: String, parameter: String)? = nil) { self.textTool = textTool }

  mutating func append(_ text: String) -> [CallStep] {
    guard name != nil else {
      name = text
      return [.begin(name: text, id: nil)]
    }
    let fragment = arguments.append(text)
    return fragment.isEmpty || isBareText ? [] : [.arguments(fragment)]
  }

  private var isBareText: Bool {
    textTool?.name == name && arguments.hasTextBefore
  }

  mutating func finish() -> [CallStep] {
    if isBareText, let textTool {
      let member = (key: textTool.parameter, value: JSON.string(arguments.whole))
      return [.arguments(JSON.object(JSONObject([member])).text()), .commit]
    }
    if !arguments.hasBegun, !arguments.hasTextBefore {
      return [.arguments("{}"), .commit]
    }
    if let problem = arguments.problem {
      let isCut = arguments.hasBegun && !arguments.isComplete
      return [.reject(text: nil, reason: isCut ? "is cut off" : problem)]
    }
    return [.commit]
  }
}
