/// Why a model can't be compiled: a sentence a user can act on.
public struct CompilerError: Error, CustomStringConvertible, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
