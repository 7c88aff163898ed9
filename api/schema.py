"""Each call as an operation of OpenAPI, made of what the endpoint itself reads and answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry

from api.problems import CONTENT_TYPE
from api.shapes import ListOf, Object, OrNull, Schema, Shape, Text, answered

JSON = "application/json"
# Of reports, as their addresses call them.
PAGES = (
    *("overview", "promises", "times", "arrivals", "backlog", "quality", "customers", "people"),
)
WRONG = answered("Wrong", {"field": Text(500), "code": Text(50), "message": Text(1000)})
PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457), in the language of Accept-Language.",
    "properties": {
        "type": {"type": "string", "pattern": "^urn:yakusoku:problem:[a-z-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Wrong"}},
    },
    "required": ["type", "title", "status", "detail"],
}
REASONS = {
    304: "Nothing has changed",
    400: "The request cannot be read",
    401: "No token, or one that is not valid",
    403: "The token is not for this, or its owner may not do it",
    404: "There is nothing here that the owner of the token may see",
    409: "It cannot be done now",
    412: "It was changed meanwhile",
    413: "Larger than 12 MB",
    415: "Not application/json",
    422: "Something in the request is not right; `errors` names it",
    429: "More requests than the token has for a minute",
    500: "Something went wrong on our side",
    503: "Not available for a moment; Retry-After says how long",
}
OF_EVERY_CALL = (400, 422, 500, 503)
OF_EVERY_TOKEN = (401, 403, 429)
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Asking again under the same key within a day does nothing twice and is answered"
    " as the first time.",
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what was read; if it has changed since, nothing is done.",
    "schema": {"type": "string", "maxLength": 100, "pattern": "^[!-~]*$"},
}
IF_NONE_MATCH = {**IF_MATCH, "name": "If-None-Match", "description": "304 if nothing has changed."}
# What stands in addresses.
IDS = {"number", "pk", "id", "point", "message"}


class OperationSchema(AutoSchema):
    """Reads `Endpoint.calls`, so that nothing is described that is not done."""

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> Any:
        """The operation of one method of one address."""
        view: Any = self.view
        call = view.calls()[method.lower()]
        operation: Schema = {
            "operationId": f"{type(view).__name__[0].lower()}{type(view).__name__[1:]}_{method.lower()}",
            "summary": call.summary,
            "tags": [view.section],
            "parameters": list(_parameters(call, path, method)),
            "responses": _responses(call, view, path, method),
        }
        if call.about:
            operation["description"] = call.about
        if call.body is not None:
            content: Schema = {"schema": call.body.schema()}
            if call.example is not None:
                content["examples"] = {"usual": {"value": call.example}}
            operation["requestBody"] = {"required": True, "content": {JSON: content}}
        operation["security"] = [] if view.is_public else [{"token": _scopes(view, method)}]
        return operation


def _scopes(view: Any, method: str) -> list[str]:
    if not view.of:
        return []
    if method == "GET" and view.reads:
        return [view.reads]
    return [f"{view.of}:{'read' if method == 'GET' else 'write'}"]


def _parameters(call: Any, path: str, method: str) -> Iterator[Schema]:
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            yield {"name": name, "in": "path", "required": True, "schema": _schema_of_path(name)}
    for name, shape in call.query.items():
        schema = shape.schema()
        about = schema.pop("description", "")
        described = {"description": about} if about else {}
        style = {"explode": False} if isinstance(shape, ListOf) else {}
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "schema": schema,
            **style,
            **described,
        }
    if method == "POST":
        yield IDEMPOTENCY_KEY
    if method in {"PATCH", "PUT"} and call.has_etag:
        yield IF_MATCH
    if method == "GET" and call.has_etag:
        yield IF_NONE_MATCH


def _schema_of_path(name: str) -> Schema:
    if name in IDS:
        return {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
    if name == "public_id":
        return {"type": "string", "format": "uuid"}
    if name == "page":
        return {"type": "string", "enum": list(PAGES)}
    # Of a text.
    return {"type": "string", "enum": ["ja", "en"]}


def _responses(call: Any, view: Any, path: str, method: str) -> Schema:
    refusals = {*OF_EVERY_CALL, *call.refuses, *(() if view.is_public else OF_EVERY_TOKEN)}
    if method != "GET":
        refusals |= {413, 415}
    if method == "POST":
        refusals.add(409)
    if call.has_etag:
        refusals.add(412 if method in {"PATCH", "PUT"} else 304)
    if "{" in path:
        refusals.add(404)
    found: dict[int, Schema] = {call.status: _success(call)}
    for status in refusals:
        found[status] = {"description": REASONS[status]}
        if status != 304:
            problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
            found[status]["content"] = {CONTENT_TYPE: problem}
    return {str(status): found[status] for status in sorted(found)}


def _success(call: Any) -> Schema:
    described: Schema = {"description": call.summary}
    if call.answer is not None:
        described["content"] = {call.content_type: {"schema": call.answer.schema()}}
    elif call.content_type != JSON:
        content = {"schema": {"type": "string", "format": "binary"}}
        described["content"] = {call.content_type: content}
    if call.status == 201:
        address = {"schema": {"type": "string"}, "description": "Where it is now"}
        described["headers"] = {"Location": address}
    return described


def page_of(item: Object, *, most: int = 100) -> Object:
    """A page of a list of these; one that holds the whole list may be longer."""
    return answered(
        f"PageOf{item.name}",
        {
            "items": ListOf(item, most),
            "next": OrNull(Text(2000), about="The address of the next page; null on the last."),
        },
    )


def named_shapes(shape: Shape | None) -> Iterator[Object]:
    """This shape and those in it that are described once, under their names."""
    if isinstance(shape, Object):
        if shape.name:
            yield shape
        for each in shape.fields.values():
            yield from named_shapes(each)
    elif isinstance(shape, OrNull):
        yield from named_shapes(shape.shape)
    elif isinstance(shape, ListOf):
        yield from named_shapes(shape.item)
