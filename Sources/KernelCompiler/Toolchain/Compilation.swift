import Foundation

extension Toolchain {
  /// Builds generated C into a shared library.
  public func compile(source: CompiledSource, target: Target, to sharedLibrary: String) throws {
    try compile(
      files: source.files, flags: source.compilerFlags + target.compilerFlags, to: sharedLibrary)
  }

  /// What the compiler makes of generated C, one file after the other.
  public func assembly(source: CompiledSource, target: Target) throws -> String {
    try assembly(files: source.files, flags: source.compilerFlags + target.compilerFlags)
  }

  /// C files, and headers for them to include.
  typealias SourceFiles = [(name: String, text: String)]

  func compile(files: SourceFiles, flags: [String], to sharedLibrary: String) throws {
    let output = URL(fileURLWithPath: sharedLibrary).standardizedFileURL.path
    try inSourceFolder(of: files) { folder, units in
      let objects = units.map { $0 + ".o" }
      try inParallel(
        zip(units, objects).map { unit, object in
          { try run(flags + CompilerFlags.code + ["-c", unit, "-o", object], in: folder) }
        })
      try run(
        flags + CompilerFlags.library + objects + ["-o", output] + CompilerFlags.link, in: folder)
    }
  }

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
    let folder = try TemporaryFolder(in: NSTemporaryDirectory(), name: "mlx-compile")
    return try folder.use { folder in
      for file in files {
        try file.text.write(toFile: "\(folder)/\(file.name)", atomically: false, encoding: .utf8)
      }
      return try body(folder, files.map(\.name).filter { $0.hasSuffix(".c") })
    }
  }

  /// Runs the compiler and answers with its output; its complaints become the error.
  @discardableResult
  private func run(_ arguments: [String], in folder: String) throws -> String {
    let child = ChildProcess(path: path, arguments: arguments, directory: folder)
    let result = try child.run()
    if result.status == 0 { return result.output }
    let complaints = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
    let ending = result.status < 0 ? "was ended by signal \(-result.status)" : "failed"
    throw CompilerError(
      "\(name) \(ending): \(child.commandLine)\n" + complaints.prefix(30).joined(separator: "\n"))
  }
}
