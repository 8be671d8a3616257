"""The query options: `$select`, `$filter`, `$orderby`, `$top`, `$skip`, counts and the link to the next page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from simulators_sap_b1.entities import TYPES, Entity

PAGE_SIZE = 20
_SAFE = "',()/:$"
_TOKEN = re.compile(
    r"\s*(?:(?P<text>(?:datetime)?'(?:[^']|'')*')|(?P<day>\d{4}-\d\d-\d\d(?:T[\d:]+Z?)?)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[()]))"
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "gt": lambda left, right: left is not None and bool(left > right),
    "ge": lambda left, right: left is not None and bool(left >= right),
    "lt": lambda left, right: left is not None and bool(left < right),
    "le": lambda left, right: left is not None and bool(left <= right),
}
Predicate = Callable[[Entity], bool]


class BadQueryError(Exception):
    """A query option that cannot be understood, or that names an unknown property."""


def _field(name: str, fields: Mapping[str, str], option: str) -> str:
    if name not in fields:
        raise BadQueryError(f"Property '{name}' of {option} is invalid")
    return name


class _Filter:
    """A recursive-descent parser of the comparisons that are supported: and, or, not, parentheses."""

    def __init__(self, text: str, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadQueryError("Invalid expression in $filter")
            self._tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            position = match.end()
        self._at = 0

    def parse(self) -> Predicate:
        predicate = self._or()
        if self._at != len(self._tokens):
            raise BadQueryError("Invalid expression in $filter")
        return predicate

    def _next(self, *, kind: str | None = None) -> tuple[str, str]:
        if self._at >= len(self._tokens) or (kind and self._tokens[self._at][0] != kind):
            raise BadQueryError("Invalid expression in $filter")
        self._at += 1
        return self._tokens[self._at - 1]

    def _has(self, value: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == value:
            self._at += 1
            return True
        return False

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._has("or"):
            parts.append(self._and())
        return lambda entity: any(part(entity) for part in parts)

    def _and(self) -> Predicate:
        parts = [self._unary()]
        while self._has("and"):
            parts.append(self._unary())
        return lambda entity: all(part(entity) for part in parts)

    def _unary(self) -> Predicate:
        if self._has("not"):
            inner = self._unary()
            return lambda entity: not inner(entity)
        if self._has("("):
            inner = self._or()
            if not self._has(")"):
                raise BadQueryError("Invalid expression in $filter")
            return inner
        name = _field(self._next(kind="name")[1], self._fields, "$filter")
        compare = _COMPARISONS.get(self._next(kind="name")[1])
        if compare is None:
            raise BadQueryError("Invalid operator in $filter")
        value = self._literal(name)
        return lambda entity: compare(entity.get(name), value)

    def _literal(self, name: str) -> Any:
        kind, text = self._next()
        if kind == "name" and text == "null":
            return None
        is_number = self._fields[name] in ("integer", "number")
        if is_number != (kind == "number"):
            raise BadQueryError(f"Invalid value for property '{name}' in $filter")
        if is_number:
            return float(text)
        if kind == "text":
            text = text.removeprefix("datetime")[1:-1].replace("''", "'")
        return text[:10] if self._fields[name] == "date" else text


@dataclass(frozen=True)
class Query:
    """The options of one request."""

    select: tuple[str, ...]
    matches: Predicate
    order: tuple[tuple[str, bool], ...]
    top: int | None
    skip: int


def read_query(options: Mapping[str, str], *, type_name: str, key: str) -> Query:
    """Reads the options.

    Raises:
        BadQueryError: an unknown property, operator or number.
    """
    return _query(tuple(options.items()), type_name, key)


@lru_cache(maxsize=1024)
def _query(items: tuple[tuple[str, str], ...], type_name: str, key: str) -> Query:
    options, fields = dict(items), TYPES[type_name]
    text = options.get("$filter", "").strip()
    return Query(
        select=tuple(
            _field(name.strip(), fields, "$select") for name in options.get("$select", "").split(",") if name.strip()
        ),
        matches=_Filter(text, fields).parse() if text else lambda _entity: True,
        order=_order(options.get("$orderby", ""), fields) or ((key, False),),
        top=_whole(options, "$top"),
        skip=_whole(options, "$skip") or 0,
    )


def _order(text: str, fields: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    order = []
    for part in filter(None, (item.strip() for item in text.split(","))):
        name, _, direction = part.partition(" ")
        if direction.strip() not in ("", "asc", "desc"):
            raise BadQueryError("Invalid direction in $orderby")
        order.append((_field(name, fields, "$orderby"), direction.strip() == "desc"))
    return tuple(order)


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise BadQueryError(f"Invalid value for {name}")
    return int(text)


def choose(entities: list[Entity], query: Query) -> list[Entity]:
    """All matching entities in the order that was asked for, before skip and top."""
    chosen = [entity for entity in entities if query.matches(entity)]
    for name, is_descending in reversed(query.order):
        chosen.sort(key=lambda entity: (entity.get(name) is not None, entity.get(name)), reverse=is_descending)
    return chosen


def page_size(prefer: str) -> int:
    """Rows of a page: 20, what `odata.maxpagesize` says, or 0 for all."""
    match = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", prefer)
    return int(match.group(1)) if match else PAGE_SIZE


def next_link(name: str, options: Mapping[str, str], *, skip: int, top: int | None) -> str:
    """The relative address of the next page, with the options of this one."""
    parts = {option: value for option, value in options.items() if option not in ("$skip", "$top")}
    if top is not None:
        parts["$top"] = str(top)
    parts["$skip"] = str(skip)
    return f"{name}?" + "&".join(f"{option}={quote(value, safe=_SAFE)}" for option, value in parts.items())


def selected(entity: Entity, query: Query) -> Entity:
    """The chosen fields; one that this company never fills is null."""
    return {name: entity.get(name) for name in query.select} if query.select else entity
