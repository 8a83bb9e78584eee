import Foundation

extension Toolchain {
  /// Builds generated C into a shared library; `told` hears of every unit that is compiled.
  public func compile(
    source: CompiledSource, target: Target, to sharedLibrary: String,
    told: @escaping @Sendable () -> Void = {}
  ) throws {
    try compile(
      files: source.files, flags: CompiledSource.flags(for: target), to: sharedLibrary,
      told: told)
  }

  /// What the compiler makes of generated C, one file after the other.
  public func assembly(source: CompiledSource, target: Target) throws -> String {
    try assembly(files: source.files, flags: CompiledSource.flags(for: target))
  }

  /// C files, and headers for them to include.
  typealias SourceFiles = [(name: String, text: String)]

  func compile(
    files: SourceFiles, flags: [String], to sharedLibrary: String,
    told: @escaping @Sendable () -> Void = {}
  ) throws {
    let output = URL(fileURLWithPath: sharedLibrary).standardizedFileURL.path
    try inSourceFolder(of: files) { folder, units in
      let group = ChildGroup()
      // What takes longest is begun first: it comes last in a model's source.
      try inOrder(
        units.reversed().map { unit in
          {
            let arguments = ["-c", unit, "-o", Self.object(unit)]
            try run(flags + CompilerFlags.code + arguments, in: folder, group)
            told()
          }
        }, stop: group.end)
      try run(
        flags + CompilerFlags.library + units.map(Self.object) + ["-o", output]
          + CompilerFlags.link, in: folder)
    }
  }

  private static func object(_ unit: String) -> String { unit + ".o" }

  func assembly(files: SourceFiles, flags: [String]) throws -> String {
    try inSourceFolder(of: files) { folder, units in
      try units.map { unit in
        let arguments = ["-S", "-fno-asynchronous-unwind-tables", unit, "-o", "-"]
        return try run(flags + CompilerFlags.code + arguments, in: folder)
      }.joined(separator: "\n")
    }
  }

  /// Writes the files into a folder and runs `body` with it and the names of those to compile.
  /// The compiler runs inside, so no path of this machine reaches its output.
  private func inSourceFolder<Result>(
    of files: SourceFiles, _ body: (String, [String]) throws -> Result
  ) throws -> Result {
    let folder = try TemporaryFolder(named: "mlx-compile")
    return try folder.use { folder in
      for file in files {
        try file.text.write(toFile: "\(folder)/\(file.name)", atomically: false, encoding: .utf8)
      }
      return try body(folder, files.map(\.name).filter { $0.hasSuffix(".c") })
    }
  }

  /// Runs the compiler and answers with its output; its complaints become the error.
  @discardableResult
  private func run(
    _ arguments: [String], in folder: String, _ group: ChildGroup? = nil
  ) throws -> String {
    let child = ChildProcess(path: path, arguments: arguments, directory: folder, group: group)
    let result = try child.run()
    if result.status == 0 { return result.output }
    let complaints = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
    let ending = result.status < 0 ? "was ended by signal \(-result.status)" : "failed"
    throw CompilerError(
      "\(name) \(ending): \(child.commandLine)\n" + complaints.prefix(30).joined(separator: "\n"))
  }
}
