import Foundation
import JSON
import Testing
import Tokenizers

@testable import Chat

@Suite struct TextCompanionsTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/chat-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func copyPocket(to folder: String, _ names: String...) throws {
    for name in names {
      try FileManager.default.copyItem(
        atPath: ChatModelTests.pocket + "/" + name, toPath: folder + "/" + name)
    }
  }

  private func write(_ files: [(name: String, bytes: [UInt8])], to folder: String) throws {
    for (name, bytes) in files {
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
  }

  @Test func `a bundle gets the tokenizer's table and the chat report`() throws {
    let companions = bundleCompanions(directory: ChatModelTests.pocket)
    #expect(companions.files.map(\.name) == [Tokenizer.compiledTableName, ChatReport.fileName])
    let findings = inspectChat(directory: ChatModelTests.pocket).findings
    #expect(companions.warnings == findings.map(\.message))
    try inFolder { folder in
      try copyPocket(to: folder, "tokenizer.json", "tokenizer_config.json")
      try write(companions.files, to: folder)
      let tokenizer = try Tokenizer(compiled: folder + "/" + Tokenizer.compiledTableName)
      #expect(
        tokenizer.encode("Good morning", addSpecialTokens: false)
          == (try Tokenizer(directory: folder)).encode("Good morning", addSpecialTokens: false))
    }
  }

  @Test func `a stored report reads as it was written`() throws {
    let fresh = inspectChat(directory: ChatModelTests.pocket)
    try inFolder { folder in
      try write(bundleCompanions(directory: ChatModelTests.pocket).files, to: folder)
      let stored = chatReport(directory: folder)
      #expect(stored.description == fresh.description)
      #expect(stored.findings == fresh.findings)
      #expect(stored.capabilities?.json == fresh.capabilities?.json)
      #expect(stored.json == fresh.json)
    }
  }

  @Test func `a report that can't be read is made again`() throws {
    try inFolder { folder in
      try copyPocket(to: folder, "tokenizer.json", "chat_template.jinja", "config.json")
      for text in ["", "[]", #"{"version": 0, "facts": {}, "findings": []}"#] {
        try write([(ChatReport.fileName, Array(text.utf8))], to: folder)
        #expect(chatReport(directory: folder).capabilities?.tools == true)
      }
    }
  }

  @Test func `a broken tokenizer is a warning, and the report says so`() throws {
    try inFolder { folder in
      try copyPocket(to: folder, "chat_template.jinja")
      try write([("tokenizer.json", Array("{".utf8))], to: folder)
      let companions = bundleCompanions(directory: folder)
      #expect(companions.files.map(\.name) == [ChatReport.fileName])
      #expect(companions.warnings.count == 2)
      #expect(companions.warnings.first?.contains("tokenizer.json") == true)
      let report = try #require(ChatReport(JSON(parsing: companions.files[0].bytes)))
      #expect(report.findings.first?.severity == .error)
    }
  }

  @Test func `a broken template leaves the tokenizer's table`() throws {
    try inFolder { folder in
      try copyPocket(to: folder, "tokenizer.json")
      try write([("chat_template.jinja", Array("{% if %}".utf8))], to: folder)
      let companions = bundleCompanions(directory: folder)
      #expect(companions.files.count == 2)
      #expect(companions.warnings.count == 1)
    }
  }
}
