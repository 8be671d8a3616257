"""What the reference pages show, taken from an OpenAPI document; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class FieldView:
    """One field of a body, or one parameter."""

    name: str
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True)
class ResponseView:
    """One status of an operation."""

    status: str
    description: str
    codes: tuple[str, ...]
    fields: tuple[FieldView, ...] = ()
    example: Any = None


@dataclass(frozen=True)
class OperationView:
    """One operation, as a section of the page."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[FieldView, ...]
    body: tuple[FieldView, ...]
    body_example: Any
    responses: tuple[ResponseView, ...]


@dataclass(frozen=True)
class GroupView:
    """The operations under one tag."""

    name: str
    operations: list[OperationView] = field(default_factory=list)


def groups_of(document: Json) -> list[GroupView]:
    """The operations of a document by their first tag, in the document's order."""
    groups: dict[str, GroupView] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if (operation := methods.get(method)) is not None:
                tag = next(iter(operation.get("tags", ())), "Other")
                group = groups.setdefault(tag, GroupView(tag))
                group.operations.append(_operation(document, path, method, operation))
    return list(groups.values())


def _operation(document: Json, path: str, method: str, operation: Json) -> OperationView:
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return OperationView(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=tuple(_parameter(document, parameter) for parameter in operation.get("parameters", ())),
        body=tuple(_fields(document, media.get("schema", {}))),
        body_example=media.get("example"),
        responses=tuple(
            _response(document, status, response) for status, response in sorted(operation["responses"].items())
        ),
    )


def _parameter(document: Json, parameter: Json) -> FieldView:
    return FieldView(
        name=parameter["name"],
        type=f"{type_name(document, parameter['schema'])} ({parameter['in']})",
        is_required=bool(parameter.get("required", False)),
        description=parameter.get("description", ""),
    )


def _response(document: Json, status: str, response: Json) -> ResponseView:
    content = response.get("content", {})
    problems = content.get("application/problem+json", {}).get("examples", {})
    media = content.get("application/json", {})
    return ResponseView(
        status=status,
        description=response.get("description", ""),
        codes=tuple(problems),
        fields=tuple(_fields(document, media.get("schema", {}))),
        example=media.get("example"),
    )


def _fields(document: Json, schema: Json, prefix: str = "") -> Iterator[FieldView]:
    whole = resolved(document, schema)
    for name, member in whole.get("properties", {}).items():
        yield FieldView(
            name=prefix + name,
            type=type_name(document, member),
            is_required=name in whole.get("required", ()),
            description=member.get("description", ""),
        )
        if not prefix:  # one level deep: what lies deeper has a section of its own
            yield from _fields(document, member, f"{name}.")
            yield from _fields(document, member.get("items", {}), f"{name}[].")


def resolved(document: Json, schema: Json) -> Json:
    """A schema, or the one of the components that it refers to."""
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    target: Json = document["components"]["schemas"][name] if name else schema
    return target


def type_name(document: Json, schema: Json) -> str:
    """A schema's type for people: `integer`, `string, date-time`, `A or B`, `list of Reason`, `object`."""
    if "$ref" in schema:
        target = resolved(document, schema)
        return str(target.get("title", "object")) if target.get("type") == "object" else type_name(document, target)
    choices = [type_name(document, choice) for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if choices:
        return " or ".join(choices)
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {type_name(document, schema.get('items', {}))}"
    return ", ".join(str(schema[key]) for key in ("type", "format") if key in schema) or str(schema.get("const", "any"))
