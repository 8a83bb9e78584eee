/// Templates of models whose folders hold none because their makers publish code instead.
enum BuiltInTemplates {
  /// By the `chat_template_type` of tokenizer_config.json, which is also the model type.
  static let named = ["deepseek_v32": deepSeekV32]
}
