extension BuiltInTemplates {
  /// DeepSeek V3.2: tools in a system message, calls in its own markup, results behind the calls,
  /// and only the reasoning behind the last question kept.
  ///
  /// The model thinks unless it is told not to. Tools that are offered without any system message
  /// get one.
  static let deepSeekV32 = #"""
    {%- if thinking is not defined -%}
    {%- set thinking = enable_thinking is not defined or enable_thinking -%}
    {%- endif -%}
    {%- set mark = '｜DSML｜' -%}
    {%- set end = '<｜end▁of▁sentence｜>' -%}
    {#- How an answer begins: thinking, or with thinking closed at once. -#}
    {%- set opening = '<think>' if thinking else '</think>' -%}

    {%- macro call_block(calls) -%}
    {{- '<' ~ mark ~ 'function_calls>\n' -}}
    {%- for call in calls -%}
    {%- set function = call.function if call.function is defined else call -%}
    {{- '<' ~ mark ~ 'invoke name="' ~ function.name ~ '">\n' -}}
    {%- if function.arguments is mapping -%}
    {%- for key, value in function.arguments.items() -%}
    {%- set text = value if value is string else value | tojson -%}
    {{- '\n' if not loop.first -}}
    {{- '<' ~ mark ~ 'parameter name="' ~ key ~ '" string="' -}}
    {{- ('true' if value is string else 'false') ~ '">' ~ text ~ '</' ~ mark ~ 'parameter>' -}}
    {%- endfor -%}
    {%- else -%}
    {{- function.arguments -}}
    {%- endif -%}
    {{- '\n</' ~ mark ~ 'invoke>\n' -}}
    {%- endfor -%}
    {{- '</' ~ mark ~ 'function_calls>' -}}
    {%- endmacro -%}

    {%- macro tool_section() -%}
    {%- set begin = '<' ~ mark -%}
    {%- set close = '</' ~ mark -%}
    {{- '## Tools\n\nYou have access to a set of tools you can use to answer the user\'s question.\n' -}}
    {{- 'You can invoke functions by writing a "' ~ begin ~ 'function_calls>" block like the ' -}}
    {{- 'following as part of your reply to the user:\n' -}}
    {{- begin ~ 'function_calls>\n' ~ begin ~ 'invoke name="$FUNCTION_NAME">\n' -}}
    {{- begin ~ 'parameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE' -}}
    {{- close ~ 'parameter>\n...\n' ~ close ~ 'invoke>\n' -}}
    {{- begin ~ 'invoke name="$FUNCTION_NAME2">\n...\n' ~ close ~ 'invoke>\n' -}}
    {{- close ~ 'function_calls>\n\n' -}}
    {{- 'String and scalar parameters should be specified as is without any escaping or quotes, ' -}}
    {{- 'while lists and objects should use JSON format. The "string" attribute should be set to ' -}}
    {{- '"true" for string type parameters and "false" for other types (numbers, booleans, ' -}}
    {{- 'arrays, objects).\n\n' -}}
    {{- 'If the thinking_mode is enabled, then after function results you should strongly ' -}}
    {{- 'consider outputting a thinking block. Here is an example:\n\n' -}}
    {{- begin ~ 'function_calls>\n...\n' ~ close ~ 'function_calls>\n\n' -}}
    {{- '<function_results>\n...\n</function_results>\n\n' -}}
    {{- '<think>...thinking about results</think>\n\n' -}}
    {{- 'Here are the functions available in JSONSchema format:\n<functions>\n' -}}
    {%- for tool in tools -%}{{- (tool.function or tool) | tojson ~ '\n' -}}{%- endfor -%}
    {{- '</functions>\n' -}}
    {%- endmacro -%}

    {%- macro response_schema(format) -%}
    {{- '\n\n## Response Format:\n\n' -}}
    {{- 'You MUST strictly adhere to the following schema to reply:\n' ~ format | tojson -}}
    {%- endmacro -%}

    {%- macro answer_beginning(isLast, isCurrent) -%}
    {%- if add_generation_prompt or not isLast -%}
    {{- opening if isCurrent else '</think>' -}}
    {%- endif -%}
    {%- endmacro -%}

    {%- set seen = namespace(question=-1, first=-1, calls=0, results=0) -%}
    {%- for message in messages -%}
    {%- if message.role in ['user', 'developer'] -%}{%- set seen.question = loop.index0 -%}{%- endif -%}
    {%- if message.role in ['system', 'developer'] and seen.first < 0 -%}
    {%- set seen.first = loop.index0 -%}
    {%- endif -%}
    {%- endfor -%}

    {{- '<｜begin▁of▁sentence｜>' -}}
    {%- if tools and seen.first < 0 -%}{{- '\n\n' ~ tool_section() -}}{%- endif -%}
    {%- for message in messages -%}
    {%- set index = loop.index0 -%}
    {%- if message.role == 'system' -%}
    {{- message.content or '' -}}
    {%- if tools and index == seen.first -%}{{- '\n\n' ~ tool_section() -}}{%- endif -%}
    {%- if message.response_format -%}{{- response_schema(message.response_format) -}}{%- endif -%}
    {%- elif message.role in ['user', 'developer'] -%}
    {{- '<｜User｜>' -}}
    {%- if message.role == 'developer' -%}
    {%- if tools and index == seen.first -%}{{- '\n\n' ~ tool_section() -}}{%- endif -%}
    {%- if message.response_format -%}{{- response_schema(message.response_format) -}}{%- endif -%}
    {{- '\n\n# The user\'s message is: ' -}}
    {%- endif -%}
    {{- message.content -}}
    {%- if add_generation_prompt or not loop.last -%}{{- '<｜Assistant｜>' -}}{%- endif -%}
    {{- answer_beginning(loop.last, index == seen.question) -}}
    {%- elif message.role == 'assistant' -%}
    {%- set seen.calls = (message.tool_calls or []) | length -%}
    {%- set seen.results = 0 -%}
    {%- if thinking and index > seen.question -%}
    {{- (message.reasoning_content or '') ~ '</think>' -}}
    {%- endif -%}
    {{- message.content or '' -}}
    {%- if seen.calls -%}{{- '\n\n' ~ call_block(message.tool_calls) -}}{%- endif -%}
    {{- end -}}
    {%- elif message.role == 'tool' -%}
    {%- set seen.results = seen.results + 1 -%}
    {%- if seen.results > seen.calls -%}
    {{- raise_exception('there is a tool result without a tool call before it') -}}
    {%- endif -%}
    {{- '\n\n<function_results>' if seen.results == 1 -}}
    {{- '\n<result>' ~ message.content ~ '</result>' -}}
    {%- if seen.results == seen.calls -%}
    {{- '\n</function_results>\n\n' -}}
    {{- answer_beginning(loop.last, index >= seen.question) -}}
    {%- endif -%}
    {%- else -%}
    {{- raise_exception('the role ' ~ message.role ~ ' is not known to this model') -}}
    {%- endif -%}
    {%- endfor -%}
    """#
}
