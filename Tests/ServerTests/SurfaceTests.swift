import JSON
import Testing

@testable import Server

/// The endpoints beside the answers: tokens, templates, properties, metrics, the description.
@Suite(.timeLimit(.minutes(30))) struct SurfaceTests {
  private func post(_ path: String, _ body: JSON) async throws -> JSON {
    try await TestServer().run { try await $0.post(path, body.text()).json }
  }

  // MARK: Tokens

  @Test func `A text becomes tokens and they become the text`() async throws {
    let tokens = try await post("/tokenize", ["content": "Hi<|im_end|>é"])
    #expect(tokens["tokens"]?.array?.prefix(2) == [72, 105])
    #expect(tokens["count"]?.integer == tokens["tokens"]?.array?.count)
    #expect(tokens["max_model_len"]?.integer == 4096)
    let text = try await post("/detokenize", ["tokens": tokens["tokens"] ?? nil])
    #expect(text["content"] == "Hi<|im_end|>é" && text["prompt"] == "Hi<|im_end|>é")
  }

  @Test func `Special tokens are text where that is asked for`() async throws {
    let parsed = try await post("/tokenize", ["content": "<|im_end|>"])
    let literal = try await post("/tokenize", ["content": "<|im_end|>", "parse_special": false])
    #expect(parsed["count"]?.integer == 1)
    #expect(literal["count"]?.integer == 10)
  }

  @Test func `Tokens come with their texts where those are asked for`() async throws {
    let pieces = try await post("/tokenize", ["content": "Hi", "with_pieces": true])
    #expect(pieces["tokens"] == [["id": 72, "piece": "H"], ["id": 105, "piece": "i"]])
    let strings = try await post("/tokenize", ["prompt": "Hi", "return_token_strs": true])
    #expect(strings["token_strs"] == ["H", "i"])
  }

  @Test func `A conversation is counted as it would be given to the model`() async throws {
    let messages: JSON = [["role": "user", "content": "Hello"]]
    let prompt = try await post("/apply-template", ["messages": messages])
    let text = try #require(prompt["prompt"]?.string)
    #expect(text.contains("Hello"))
    let tokens = try await post("/tokenize", ["messages": messages])
    let same = try await post("/tokenize", ["content": .string(text)])
    #expect(tokens["tokens"] == same["tokens"])
  }

  @Test(arguments: [
    ("/tokenize", "{}", "content"), ("/tokenize", #"{"content": 1}"#, "content"),
    ("/tokenize", #"{"contents": ""}"#, "contents"), ("/detokenize", "{}", "tokens"),
    ("/detokenize", #"{"tokens": [-1]}"#, "tokens[0]"), ("/apply-template", "{}", "messages"),
  ])
  func `What makes no sense is refused by name`(path: String, body: String, parameter: String)
    async throws
  {
    let answer = try await post(path, JSON(parsing: body))
    #expect(answer["error"]?["param"]?.string == parameter)
  }

  @Test func `The tokenizer tells its special tokens and the template`() async throws {
    try await TestServer().run { client in
      let info = try await client.get("/tokenizer_info").json
      #expect(info["eos_token"] == "<|im_end|>" && info["bos_token"]?.isNull == true)
      #expect(info["tokenizer_class"] == "PreTrainedTokenizerFast")
      #expect(info["vocab_size"]?.integer == TestServer.vocabulary)
      #expect(info["model_max_length"]?.integer == 4096)
      let template = try await client.post("/apply-template", question().text()).json
      let beginning = try #require(template["prompt"]?.string?.prefix(12))
      #expect(info["chat_template"]?.string?.contains(beginning) == true)
    }
  }

  // MARK: Properties and metrics

  @Test func `Properties tell what the model can do`() async throws {
    try await TestServer().run { client in
      let properties = try await client.get("/props").json
      #expect(properties["model"] == "letters" && properties["context_size"]?.integer == 4096)
      #expect(properties["capabilities"]?["tools"]?.bool == true)
      #expect((properties["memory"]?["total_bytes"]?.integer ?? 0) > 0)
    }
  }

  @Test func `Metrics count requests, tokens and the time they took`() async throws {
    try await TestServer(saying: "Hi!").run { client in
      for _ in 0..<2 { _ = try await client.chat(question()) }
      _ = try await client.get("/made-up-path")
      let text = try await client.get("/metrics").text
      for line in [
        #"mlx_http_responses_total{endpoint="/v1/chat/completions",status="200"} 2"#,
        #"mlx_http_responses_total{endpoint="other",status="404"} 1"#,
        #"mlx_requests_total{end="finished"} 2"#, "mlx_generated_tokens_total 8",
        "mlx_time_to_first_token_seconds_count 2", "mlx_inter_token_seconds_count 4",
        "mlx_request_seconds_count 2", #"mlx_queue_seconds_bucket{le="+Inf"} 2"#,
        "# TYPE mlx_inter_token_seconds histogram", "mlx_requests_running 0",
      ] {
        #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)")
      }
      #expect(!text.contains("made-up"))
    }
  }

  @Test func `A histogram counts up to each bound`() {
    var histogram = Histogram([0.1, 1])
    for value in [0.05, 0.1, 0.5, 7] { histogram.observe(value) }
    #expect(histogram.cumulative == [2, 3, 4])
    var text = PrometheusText()
    text.histogram("t", "Time.", histogram)
    #expect(
      text.text == """
        # HELP t Time.
        # TYPE t histogram
        t_bucket{le="0.1"} 2
        t_bucket{le="1"} 3
        t_bucket{le="+Inf"} 4
        t_sum 7.65
        t_count 4

        """)
    #expect(Histogram.bounds(from: 0.01, to: 0.1) == [0.01, 0.02, 0.05, 0.1])
  }

  // MARK: Description

  @Test func `Every endpoint is described in a sentence`() {
    for endpoint in Endpoint.all {
      #expect(endpoint.api.summary.hasSuffix("."), "\(endpoint.paths)")
      // What is done to a thing that the path names needs no body.
      let takesBody = endpoint.method == .post && !endpoint.paths.contains { $0.contains("{id}") }
      #expect((endpoint.api.body != nil) == takesBody, "\(endpoint.paths)")
    }
  }

  @Test func `The description holds every endpoint under its documented path`() async throws {
    try await TestServer().run { client in
      let document = try await client.get("/openapi.json").json
      let paths = try #require(document["paths"]?.object)
      for endpoint in Endpoint.all {
        let path = (endpoint.paths.first ?? "").replacing("**", with: "{id}")
        let method = endpoint.method.rawValue.lowercased()
        #expect(paths[path]?[method] != nil, "\(method) \(path)")
      }
    }
  }

  @Test func `Every field that is read has a schema, and only such fields have`() {
    let tables = [ChatFields.table, CompletionFields.table]
    var read: Set<String> = ["logprobs"]
    for (name, policy) in tables.flatMap(\.entries) {
      switch policy {
      case .honoured, .harmless:
        #expect(name == "logprobs" || FieldSchemas.table[name] != nil, "\(name)")
        read.insert(name)
      case .only, .refused: break
      }
    }
    #expect(FieldSchemas.table.keys.allSatisfy(read.contains))
  }
}
