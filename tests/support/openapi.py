"""What an application's own OpenAPI document says: its operations, and a body that fits each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `body` fits its JSON schema, all optional fields given; None if it takes no JSON."""

    method: str
    path: str
    path_parameters: tuple[str, ...]
    body: Any = field(hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, values: Mapping[str, str]) -> str:
        """The path with its parameters filled in; `values` must know every one of them."""
        return self.path.format_map(values)


def operations(document: Mapping[str, Any], values: Mapping[str, Any]) -> list[Operation]:
    """All of them. `values` overrides what a field of that name gets in a body."""
    found = []
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            content = described.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            body = Example(document, values).of(schema) if schema else None
            parameters = tuple(each["name"] for each in described.get("parameters", []) if each["in"] == "path")
            found.append(Operation(method.upper(), path, parameters, body))
    return found


@dataclass(frozen=True, slots=True)
class Example:
    """Makes a value that fits a schema, as far as the schema tells."""

    document: Mapping[str, Any]
    values: Mapping[str, Any]

    def of(self, schema: Mapping[str, Any], name: str = "") -> Any:
        if name in self.values:
            return self.values[name]
        if "$ref" in schema:
            return self.of(self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], name)
        if "const" in schema:
            return schema["const"]
        for choice in ("enum", "examples"):
            if choice in schema:
                return schema[choice][0]
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.of(schema[choice][0], name)
        return self._of_type(schema)

    def _of_type(self, schema: Mapping[str, Any]) -> Any:
        if schema["type"] == "object":
            return self._object(schema)
        if schema["type"] == "array":
            return [self.of(schema["items"])]
        if schema["type"] == "string":
            return self.values[schema["format"]] if "format" in schema else "文本"
        return {"integer": max(1, schema.get("minimum", 1)), "number": 0.5, "boolean": True}[schema["type"]]

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if "properties" not in schema:
            return {"name": self.of(schema["additionalProperties"])}
        return {name: self.of(each, name) for name, each in schema["properties"].items()}


def variants(body: Any, replace: Any) -> Iterator[tuple[str, Any]]:
    """The body once for each value `replace` gives for a node: `replace(node)` yields what to put in its place."""
    for value in replace(body):
        yield "", value
    nodes = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, node in nodes:
        for where, changed in variants(node, replace):
            copy = body.copy()
            copy[key] = changed
            yield f".{key}{where}", copy
