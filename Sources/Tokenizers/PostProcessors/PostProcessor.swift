/// The tokens that are put around a text: the `post_processor` of tokenizer.json, for one text.
struct PostProcessor: Sendable {
  var before: [Int32] = []
  var after: [Int32] = []

  /// Puts the tokens of `outer` around this one's.
  func wrapped(in outer: PostProcessor) -> PostProcessor {
    PostProcessor(before: outer.before + before, after: after + outer.after)
  }
}

/// Every post-processor there is, by the type that tokenizer.json gives it.
enum PostProcessorKinds {
  static func read(_ component: Component) throws -> PostProcessor {
    try component.make("post-processor", from: kinds)
  }

  private static let kinds: [String: @Sendable (Component) throws -> PostProcessor] = [
    "BertProcessing": { try classified($0) },
    "ByteLevel": { _ in PostProcessor() },
    "RobertaProcessing": { try classified($0) },
    "Sequence": { component in
      try component.components("processors").reduce(PostProcessor()) {
        $0.wrapped(in: try read($1))
      }
    },
    "TemplateProcessing": { try template($0) },
  ]

  /// `BertProcessing`, `RobertaProcessing`: one token before and one behind, as `["text", id]`.
  private static func classified(_ component: Component) throws -> PostProcessor {
    func id(_ name: String) throws -> Int32 {
      let pair = try component.array(name)
      guard pair.count == 2, let id = pair[1].integer.flatMap(Int32.init(exactly:)), id >= 0 else {
        throw component.error("expected a token and its id", at: name)
      }
      return id
    }
    return PostProcessor(before: [try id("cls")], after: [try id("sep")])
  }

  /// `TemplateProcessing`: special tokens around the text, by the `single` template.
  private static func template(_ component: Component) throws -> PostProcessor {
    var result = PostProcessor()
    var texts = 0
    let tokens = try component.component("special_tokens")
    for piece in try component.components("single") {
      if piece.has("SpecialToken") {
        let name = try piece.component("SpecialToken").string("id")
        let ids = try specialToken(name, tokens)
        if texts == 0 { result.before += ids } else { result.after += ids }
      } else {
        let sequence = try piece.component("Sequence").string("id")
        guard sequence == "A" else {
          throw piece.error("a template for one text can't use the second one")
        }
        texts += 1
      }
    }
    guard texts == 1 else {
      throw component.error("expected the text exactly once, not \(texts) times", at: "single")
    }
    return result
  }

  private static func specialToken(_ name: String, _ tokens: Component) throws -> [Int32] {
    let token = try tokens.component(name)
    return try token.array("ids").map { value in
      guard let id = value.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
        throw token.error("expected token ids", at: "ids")
      }
      return id
    }
  }
}
