extension Target {
  /// What the command line says when it names no target.
  public static let defaultName = "native"
}

extension Toolchain {
  /// The tier of that name, as this compiler and this machine understand it.
  public func target(named name: String) throws -> Target {
    let macros = try predefinedMacros(flags: ["-march=native"])
    return try Target.named(name, predefinedMacros: Set(macros.values.keys))
  }
}
