import Foundation
import Testing

@testable import KernelCompiler

@Suite(.timeLimit(.minutes(30))) struct ChildProcessTests {
  @Test func `output larger than a pipe is read while the program runs`() throws {
    let child = ChildProcess(
      path: "/bin/sh", arguments: ["-c", "head -c 3000000 /dev/zero; head -c 200000 /dev/zero >&2"])
    let result = try child.run()
    #expect(result.status == 0)
    #expect(result.output.utf8.count == 3_000_000)
    #expect(result.errors.utf8.count == 200_000)
  }

  @Test func `a program that takes too long is ended`() throws {
    let child = ChildProcess(path: "/bin/sleep", arguments: ["60"], timeLimit: .seconds(1))
    let error = #expect(throws: CompilerError.self) { try child.run() }
    #expect(error?.description.contains("/bin/sleep 60") == true)
  }

  @Test func `status and signal are told apart`() throws {
    #expect(try ChildProcess(path: "/bin/sh", arguments: ["-c", "exit 3"]).run().status == 3)
    #expect(try ChildProcess(path: "/bin/sh", arguments: ["-c", "kill -9 $$"]).run().status == -9)
  }

  @Test func `programs of a group that has ended are ended, also those that begin later`() throws {
    let group = ChildGroup()
    group.end()
    let child = ChildProcess(path: "/bin/sleep", arguments: ["300"], group: group)
    #expect(try child.run().status == -9)
  }

  @Test func `temporary files are made in the working folder`() throws {
    try inFolder { folder in
      let child = ChildProcess(
        path: "/bin/sh", arguments: ["-c", "test . -ef \"$TMPDIR\""], directory: folder)
      let status = try child.run().status
      #expect(status == 0)
    }
  }

  @Test func `a program that doesn't exist is an error that names it`() {
    let error = #expect(throws: CompilerError.self) {
      try ChildProcess(path: "/nowhere/cc", arguments: []).run()
    }
    #expect(error?.description.contains("/nowhere/cc") == true)
  }

  @Test func `the command line can be pasted into a shell`() {
    let child = ChildProcess(path: "/usr/bin/cc", arguments: ["-DX=1", "it's", "a b", ""])
    #expect(child.commandLine == "/usr/bin/cc -DX=1 'it'\\''s' 'a b' ''")
  }
}

@Suite struct TemporaryFolderTests {
  @Test func `a folder is gone after its use, also when that fails`() throws {
    struct Failure: Error {}
    try inFolder { parent in
      var path = ""
      #expect(throws: Failure.self) {
        try TemporaryFolder(in: parent, name: "half").use { folder in
          path = folder
          #expect(FileManager.default.fileExists(atPath: folder))
          throw Failure()
        }
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func `an interruption undoes what is under way, once`() throws {
    try inFolder { parent in
      let interruption = Interruption()
      try TemporaryFolder(in: parent, name: "half").use(interruption: interruption) { folder in
        interruption.undoAll()
        #expect(!FileManager.default.fileExists(atPath: folder))
      }
    }
  }

  @Test func `folders that ended processes left behind are removed`() throws {
    try inFolder { parent in
      let ended = "\(parent)/.half.4194304-7.tmp"
      // In a container the process that was killed and this one may have the same number.
      let namesake = "\(parent)/.half.\(getpid())-7.tmp"
      let young = "\(parent)/.half.\(getppid())-7.tmp"
      let another = "\(parent)/.whole.4194304-7.tmp"
      for path in [ended, namesake, young, another] { mkdir(path, 0o755) }
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: namesake)
      try TemporaryFolder(in: parent, name: "half").use { first in
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: first)
        try TemporaryFolder(in: parent, name: "half").use { _ in
          let left = try FileManager.default.contentsOfDirectory(atPath: parent)
          #expect(left.count == 4, "\(left)")
          for path in [first, young, another] {
            #expect(FileManager.default.fileExists(atPath: path))
          }
        }
      }
    }
  }

  @Test func `nothing can be written into a folder while an interruption removes it`() throws {
    try inFolder { parent in
      let interruption = Interruption()
      try TemporaryFolder(in: parent, name: "half").use(interruption: interruption) { folder in
        interruption.undoAll()
        #expect(!FileManager.default.createFile(atPath: "\(folder)/late", contents: nil))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == [])
    }
  }
}
