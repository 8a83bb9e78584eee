/// What stands in for the template of a model that has none.
enum FallbackTemplate: String {
  /// For tokenizers that have ChatML's tokens: a model that knows them was trained on them.
  case chatML
  /// For the others, mostly base models: lines that begin with who speaks.
  case plain

  var description: String {
    switch self {
    case .chatML: "ChatML, as the model has no chat template"
    case .plain: "plain lines, as the model has no chat template"
    }
  }

  /// Text that ends an answer, since such a model may go on with the other's lines.
  var stopStrings: [String] {
    switch self {
    case .chatML: ["<|im_end|>"]
    case .plain: ["\nUser:"]
    }
  }

  var source: String {
    switch self {
    case .chatML:
      """
      {%- for message in messages -%}
      {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
      {%- endfor -%}
      {%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
      """
    case .plain:
      """
      {{- bos_token if bos_token is defined -}}
      {%- for message in messages -%}
      {%- if message.role == 'system' -%}{{- message.content + '\\n\\n' -}}
      {%- else -%}{{- message.role | capitalize + ': ' + message.content + '\\n' -}}{%- endif -%}
      {%- endfor -%}
      {%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}
      """
    }
  }
}
