import Chat
import JSON
import Testing

@testable import Server

/// What the server keeps beside its engine stays within bounds that follow `--memory`.
struct ServerMemoryTests {
  @Test func `Less memory makes all bounds smaller, down to what is sensible`() {
    let all = ServerMemory()
    #expect(all.bodies == 512 << 20 && all.keptGrammars == 128 << 20)
    #expect(all.responses == 64 << 20 && all.bodyLimit == 10 << 20)
    #expect(all.grammarLimits.automatonBytes == 96 << 20)
    #expect(all.grammarLimits.expressions == 400_000)

    let gibibyte = ServerMemory(memory: 1 << 30)
    #expect(gibibyte.bodies == 64 << 20 && gibibyte.bodyLimit == 4 << 20)
    #expect(gibibyte.keptGrammars == 16 << 20 && gibibyte.usedGrammars == 32 << 20)
    #expect(gibibyte.responses == 16 << 20 && gibibyte.grammarMasks == 8 << 20)
    #expect(gibibyte.grammarLimits.automatonBytes == 32 << 20)

    let little = ServerMemory(memory: 1 << 20)
    #expect(little == ServerMemory(memory: 128 << 20))
    #expect(little.bodies == 16 << 20 && little.responses == 4 << 20)
    #expect(ServerMemory(memory: 1 << 50) == all)
  }

  @Test func `All of it is in the plan, and grows more slowly than the memory`() {
    let parts = ServerMemory(memory: 1 << 30)
    let program = ServerMemory.programBytes
    #expect(parts.bytes(vocabulary: 0) == program + (64 + 16 + 32 + 8 + 16) << 20)
    let token = parts.bytes(vocabulary: 1001) - parts.bytes(vocabulary: 1000)
    #expect(token == ServerMemory.bytesPerToken)
    for memory in [1 << 20, 200 << 20, 1 << 30, 5 << 30, 100 << 30] {
      let growth =
        ServerMemory(memory: memory + 8192).bytes(vocabulary: 0)
        - ServerMemory(memory: memory).bytes(vocabulary: 0)
      #expect((0...2048).contains(growth))
    }
  }

  @Test func `A vocabulary takes no more than is planned for its tokens`() throws {
    let server = try TestServer()
    let vocabulary = server.chat.makeTokenVocabulary(count: TestServer.vocabulary)
    #expect(vocabulary.bytes > 0)
    // The smallest of all: what doesn't depend on tokens counts most here.
    #expect(vocabulary.bytes < TestServer.vocabulary * ServerMemory.bytesPerToken)
  }

  @Test func `A small server keeps the last grammar and the last response`() async throws {
    func kept(_ memory: ServerMemory) async throws -> (grammars: Int, firstResponse: Bool) {
      var server = try TestServer(saying: "{}")
      server.configuration.memory = memory
      server.configuration.makeID = { $0 + randomLetters(8) }
      let served = server.served
      return try await server.run(served) { client in
        for name in ["a", "b", "c"] {
          let schema: JSON = [
            "type": "json_schema",
            "json_schema": ["name": "s", "schema": ["properties": [name: ["type": "string"]]]],
          ]
          let answer = try await client.chat(
            question("Hello", ["response_format": schema, "max_tokens": 2]))
          #expect(answer.status == .ok)
        }
        var ids: [String] = []
        for _ in 0..<2 {
          let answer = try await client.post("/v1/responses", #"{"input": "Hello"}"#)
          ids.append(try #require(try answer.json["id"]?.string))
        }
        #expect(try await client.get("/v1/responses/\(ids[1])").status == .ok)
        let first = try await client.get("/v1/responses/\(ids[0])")
        return (served.constraints.kept.withLock { $0.grammars.count }, first.status == .ok)
      }
    }
    let large = try await kept(ServerMemory())
    #expect(large.grammars == 3 && large.firstResponse)
    var memory = ServerMemory()
    memory.keptGrammars = 1
    memory.responses = 9000
    let small = try await kept(memory)
    #expect(small.grammars == 1 && !small.firstResponse)
  }

  @Test func `A body that takes more memory than there is for all is refused by name`() async throws
  {
    var server = try TestServer()
    server.configuration.memory.bodies = 100_000
    try await server.run { client in
      let tokens = "[" + String(repeating: "1,", count: 9999) + "1]"
      let answer = try await client.post("/v1/completions", #"{"prompt": \#(tokens)}"#)
      #expect(answer.status == .contentTooLarge)
      #expect(try answer.error["code"] == "body_too_large")
      #expect(try answer.error["message"]?.string?.contains("--memory") == true)
      #expect(try await client.chat(question("Hello")).status == .ok)
    }
  }

  @Test func `A form that takes more than this server has is refused`() async throws {
    var server = try TestServer()
    server.configuration.memory.usedGrammars = 20_000
    try await server.run { client in
      let answer = try await client.chat(
        question("Hello", ["response_format": ["type": "json_object"]]))
      #expect(answer.status == .badRequest)
      #expect(try answer.error["param"] == "response_format")
      #expect(try answer.error["message"]?.string?.contains("expressions") == true)
    }
  }
}
