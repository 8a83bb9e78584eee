"""Puts a stream's chunks together the way clients do it."""

from dataclasses import dataclass, field


@dataclass
class Folded:
    content: str = ""
    reasoning: str = ""
    calls: dict[int, dict] = field(default_factory=dict)
    finish: str | None = None
    roles: list[str] = field(default_factory=list)
    chunks: list = field(default_factory=list)
    usage: object = None


def fold(stream) -> Folded:
    answer = Folded()
    for chunk in stream:
        answer.chunks.append(chunk)
        answer.usage = chunk.usage or answer.usage
        for choice in chunk.choices:
            assert choice.index == 0
            delta = choice.delta
            answer.content += delta.content or ""
            answer.reasoning += getattr(delta, "reasoning_content", None) or ""
            if delta.role:
                answer.roles.append(delta.role)
            if choice.finish_reason:
                assert answer.finish is None, "two finish reasons"
                answer.finish = choice.finish_reason
            for call in delta.tool_calls or []:
                known = answer.calls.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
                known["id"] += call.id or ""
                known["name"] += call.function.name or ""
                known["arguments"] += call.function.arguments or ""
    return answer
