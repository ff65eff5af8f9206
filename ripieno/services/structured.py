"""Answers of language models that are held to a schema: how the schema is told, and how the answer is read."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Answer = TypeVar("Answer", bound=BaseModel)

_NOT_STRICT = {
    "default", "title", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
}  # fmt: skip
"""What structured outputs do not know; the answer is validated by all of it."""


def read(text: str, answer: type[Answer]) -> tuple[Answer | None, list[str]]:
    """The answer that a text holds, or what is wrong with it, a sentence each."""
    try:
        return answer.model_validate_json(_bare(text)), []
    except ValidationError as fault:
        return None, [f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}" for one in fault.errors()]


def strict(schema: Any) -> Any:
    """A JSON schema as structured outputs want it: every field required, no other allowed, no bounds."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    names = schema.get("properties") if isinstance(schema.get("properties"), dict) else None
    found: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "properties" and names is not None:
            found[name] = {one: strict(about) for one, about in names.items()}
        elif name == "$defs":
            found[name] = {one: strict(about) for one, about in value.items()}
        elif name not in _NOT_STRICT:
            found[name] = strict(value)
    if names is not None:
        found["required"], found["additionalProperties"] = list(names), False
    return found


def _bare(text: str) -> str:
    """The JSON object in what some models say around it: a fence, their thoughts."""
    start, end = text.find("{"), text.rfind("}")
    if "</think>" in text:
        start = text.find("{", text.rindex("</think>"))
    return text[start : end + 1] if 0 <= start < end else text
