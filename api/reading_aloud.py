"""The description as a page shows it: section by section, call by call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from api.schema import REASONS


@dataclass(frozen=True)
class CallInWords:
    """One call, for people."""

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    parameters: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    example: str
    refusals: list[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """Calls about one kind of thing."""

    name: str
    calls: list[CallInWords]


def sections(document: dict[str, Any]) -> list[Section]:
    """All calls, in the order of their addresses."""
    found: dict[str, list[CallInWords]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            in_words = _in_words(document, path, method.upper(), operation)
            found.setdefault(operation["tags"][0], []).append(in_words)
    return [Section(name, calls) for name, calls in found.items()]


def _in_words(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> CallInWords:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    shape = _resolved(document, content.get("schema", {}))
    example = content.get("examples", {}).get("usual", {}).get("value")
    scopes = operation["security"][0]["token"] if operation["security"] else []
    return CallInWords(
        anchor=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        scope=", ".join(scopes),
        parameters=[
            {"name": each["name"], "kind": _kind(each["schema"]), **_about(each)}
            for each in operation["parameters"]
            if each["in"] != "path"
        ],
        fields=[
            {
                "name": name,
                "kind": _kind(each),
                "is_required": name in shape.get("required", ()),
                **_about(each),
            }
            for name, each in shape.get("properties", {}).items()
        ],
        example=json.dumps(example, ensure_ascii=False, indent=2) if example else "",
        refusals=[
            (status, REASONS[int(status)])
            for status in operation["responses"]
            if int(status) in REASONS
        ],
    )


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"].get(name, schema)
    return found


def _kind(schema: dict[str, Any]) -> str:
    """A type, or the words to choose from."""
    if "enum" in schema:
        return " | ".join("null" if word is None else str(word) for word in schema["enum"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])} …"
    kind = schema.get("type", "")
    words = kind if isinstance(kind, list) else [kind]
    return " | ".join([*words[:1], *words[1:]]) + (
        f" ({schema['format']})" if "format" in schema else ""
    )


def _about(each: dict[str, Any]) -> dict[str, str]:
    return {"about": each.get("description", "")}
