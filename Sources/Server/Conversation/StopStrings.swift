/// Reads the strings that end an answer.
enum StopStrings {
  private static let maximumCount = 16
  private static let longest = 1000

  /// A string or an array of strings.
  static func read(_ field: Field) throws(APIError) -> [String] {
    guard let value = field.value else { return [] }
    if case .string(let text) = value { return try [checked(text, field)] }
    guard case .array = value else { throw field.wrongType("a string or an array of strings") }
    let elements = try field.array() ?? []
    guard elements.count <= maximumCount else {
      throw field.refused("may hold \(maximumCount) strings at most, not \(elements.count)")
    }
    var stops: [String] = []
    for element in elements {
      stops.append(try checked(element.required(element.string()), element))
    }
    return stops
  }

  private static func checked(_ text: String, _ field: Field) throws(APIError) -> String {
    guard !text.isEmpty else { throw field.refused("must not be empty") }
    guard text.utf8.count <= longest else {
      throw field.refused("may be \(longest) bytes long at most")
    }
    return text
  }
}
