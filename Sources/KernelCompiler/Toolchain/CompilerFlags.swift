/// What every compile of generated C gets after the source's and the target's own flags.
enum CompilerFlags {
  /// Code for a shared library that exports what the source says and nothing else.
  static let code = ["-fPIC", "-fvisibility=hidden", "-fopenmp"]

  /// A shared library that is the same wherever and whenever it is made.
  static let library = code + ["-shared"]

  /// After the inputs.
  #if os(Linux)
    static let link = ["-lm", "-Wl,-z,now", "-Wl,--as-needed"]
  #else
    static let link = ["-lm"]
  #endif
}
