"""The page that documents the JSON interface, made from its own description; it loads nothing from elsewhere."""

from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from eventhub.pages import render

_METHODS = ("get", "post", "patch", "put", "delete")


class ReferencePage(OpenAPIRenderPlugin):
    """Shows every call with what it takes and answers."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page as HTML."""
        calls = [
            {"method": method.upper(), "path": path, **_described(operation, openapi_schema)}
            for path, item in sorted(openapi_schema.get("paths", {}).items())
            for method, operation in item.items()
            if method in _METHODS
        ]
        return str(render(request, "site/schema", calls=calls).content).encode()


def _described(operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    parameters = [
        (p["name"], p["in"], _type(p.get("schema", {}))) for p in operation.get("parameters", []) if "name" in p
    ]
    return {
        "does": operation.get("description") or operation.get("summary", ""),
        "parameters": parameters,
        "fields": _fields(body, schema),
        "answers": sorted(operation.get("responses", {})),
    }


def _fields(body: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Names, types and whether they are required, of the body's fields."""
    for part in (body, *body.get("oneOf", ()), *body.get("anyOf", ())):
        if reference := part.get("$ref"):
            part = schema["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})  # noqa: PLW2901
        if properties := part.get("properties"):
            required = set(part.get("required", ()))
            return [(name, _type(one), name in required) for name, one in properties.items()]
    return []


def _type(one: dict[str, Any]) -> str:
    if "oneOf" in one or "anyOf" in one:
        return " | ".join(dict.fromkeys(_type(part) for part in one.get("oneOf", one.get("anyOf", []))))
    if "$ref" in one:
        return str(one["$ref"]).rsplit("/", 1)[-1]
    kind = one.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(kind)
    return f"list of {_type(one.get('items', {}))}" if kind == "array" else str(one.get("format") or kind)
