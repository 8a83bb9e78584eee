/// What is wrong with a model, as a sentence a user can act on: the file, the key or tensor, and
/// where it helps, what to do.
public struct ModelError: Error, CustomStringConvertible, Equatable, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// A name out of a file, fit to be printed: no control characters, never longer than a line.
public func printable(_ name: String) -> String {
  let limit = 120
  var text = ""
  for scalar in name.unicodeScalars.prefix(limit) {
    let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
  }
  return name.unicodeScalars.count > limit ? text + "…" : text
}
