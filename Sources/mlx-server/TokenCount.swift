import ArgumentParser

/// A number of tokens, written 4096 or 4k.
struct TokenCount: ExpressibleByArgument, CustomStringConvertible {
  let value: Int

  private static let most = 1 << 40

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    let isThousands = argument.lowercased().hasSuffix("k")
    let digits = isThousands ? argument.dropLast() : argument[...]
    guard let number = Int(digits), (1...Self.most).contains(number) else { return nil }
    value = isThousands ? number * 1024 : number
  }

  var description: String { "\(value)" }
  var defaultValueDescription: String { description }
}
