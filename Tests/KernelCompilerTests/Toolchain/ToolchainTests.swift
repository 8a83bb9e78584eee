import Foundation
import Testing

@testable import KernelCompiler

@Suite struct ToolchainTests {
  static let answer = """
    #include <omp.h>
    __attribute__((visibility("default"))) int answer(void) {
        int sum = 0;
        #pragma omp parallel for reduction(+ : sum)
        for (int i = 0; i < 4; i++) sum += i;
        return sum;
    }

    """

  @Test func `the compiler that is found builds a library that can be loaded and called`() throws {
    try inFolder { folder in
      let library = "\(folder)/answer.so"
      try Toolchain.find().compile(files: [("answer.c", Self.answer)], flags: [], to: library)
      let handle = try #require(dlopen(library, RTLD_NOW))
      defer { dlclose(handle) }
      let symbol = try #require(dlsym(handle, "answer"))
      let answer = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
      #expect(answer() == 6)
    }
  }

  @Test func `the same source gives the same bytes wherever it is built`() throws {
    try inFolder { folder in
      let toolchain = try Toolchain.find()
      let paths = ["\(folder)/one.so", "\(folder)/two.so"]
      for path in paths {
        try toolchain.compile(files: [("answer.c", Self.answer)], flags: [], to: path)
      }
      #expect(FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]))
    }
  }

  @Test func `several files become one library`() throws {
    try inFolder { folder in
      let files = [
        ("one.c", "int two(void);\nint one(void) { return two() - 1; }\n"),
        ("two.c", "#include \"two.h\"\nint two(void);\nint two(void) { return TWO; }\n"),
        ("two.h", "#define TWO 2\n"),
      ]
      try Toolchain.find().compile(files: files, flags: [], to: "\(folder)/both.so")
      let handle = dlopen("\(folder)/both.so", RTLD_NOW)
      #expect(handle != nil)
    }
  }

  @Test func `a mistake in the source is reported with the command and the compiler's words`()
    throws
  {
    let error = #expect(throws: CompilerError.self) {
      try Toolchain.find().compile(
        files: [("wrong.c", "int f(void) { return nothing; }\n")], flags: [], to: "/dev/null")
    }
    let text = try #require(error?.description)
    #expect(text.contains("-fopenmp"))
    #expect(text.contains("wrong.c:1"))
    #expect(text.contains("nothing"))
  }

  @Test func `the first file that fails is named, and ends the others`() throws {
    try inFolder { folder in
      // A compiler that never comes to the end of long.c and fails at wrong.c once that has begun.
      let script = """
        #!/bin/sh
        case "$*" in
          *long.c*) echo > \(folder)/begun; exec sleep 300 ;;
          *wrong.c*) for i in $(seq 200); do [ -e \(folder)/begun ] && break; sleep 0.1; done
            echo wrong.c:1: no >&2; exit 1 ;;
        esac
        """
      try script.write(toFile: "\(folder)/cc", atomically: false, encoding: .utf8)
      chmod("\(folder)/cc", 0o755)
      let toolchain = Toolchain(path: "\(folder)/cc", name: "cc")
      let error = #expect(throws: CompilerError.self) {
        try toolchain.compile(
          files: [("long.c", ""), ("wrong.c", "")], flags: [], to: "\(folder)/library.so")
      }
      #expect(error?.description.contains("wrong.c:1: no") == true)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/library.so"))
    }
  }

  @Test func `assembly is printed, and names no folder of this machine`() throws {
    let text = try Toolchain.find().assembly(files: [("answer.c", Self.answer)], flags: [])
    #expect(text.contains("answer:"))
    #expect(!text.contains(NSTemporaryDirectory() + "."))
  }

  @Test func `flags the compiler doesn't know are refused with the reason and the apt line`() {
    let error = #expect(throws: CompilerError.self) {
      try Toolchain.find(flagSets: [[], ["-march=abacus"]])
    }
    #expect(error?.description.contains("abacus") == true)
    #expect(error?.description.contains("apt-get install") == true)
  }

  @Test func `a compiler asked for by name is not replaced by another`() {
    let error = #expect(throws: CompilerError.self) {
      try Toolchain.search(["/nowhere/cc"], flagSets: [[]], isOverride: true)
    }
    #expect(error?.description.contains("MLX_CC") == true)
    #expect(error?.description.contains("/nowhere/cc") == true)
  }

  @Test func `a program that isn't a compiler is told apart from one`() {
    let error = #expect(throws: CompilerError.self) {
      try Toolchain.search(["/bin/true", "/bin/false"], flagSets: [[]], isOverride: false)
    }
    #expect(error?.description.contains("/bin/false") == true)
  }

  @Test func `predefined macros tell the instruction sets`() throws {
    let macros = try Toolchain.find().predefinedMacros(flags: [])
    #expect(macros.contains("__STDC__"))
    let parsed = PredefinedMacros(parsing: "#define __AVX2__ 1\n#define EMPTY\n")
    #expect(parsed.values["__AVX2__"] == "1")
    #expect(parsed.values["EMPTY"] == "")
  }

  @Test func `known causes are named in words`() {
    let header = "probe.c:1:10: fatal error: 'omp.h' file not found"
    #expect(CompilerProbe.reason(header).contains("libomp-dev"))
    #expect(CompilerProbe.reason("ld: cannot find -lomp: No such file").contains("libomp-dev"))
    #expect(CompilerProbe.reason("noise\nx.c:1: error: bad\nmore") == "x.c:1: error: bad")
  }
}

/// Runs `body` with a folder that is gone afterwards.
func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = NSTemporaryDirectory() + "/mlx-compile-test-\(UInt64.random(in: 0...UInt64.max))"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}
