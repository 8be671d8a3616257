"""The one strict JSON reader: refuses what two parsers could read differently."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from altscore_libs.errors import InvalidRequest, PayloadTooLarge

MAX_NUMBER_CHARS = 64
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(raw: bytes, *, max_bytes: int = 65_536, max_depth: int = 32) -> Any:
    """Reads one JSON document.

    Args:
        raw: the body as received; UTF-8 without a byte order mark.
        max_bytes: longest body taken, bytes.
        max_depth: deepest nesting of arrays and objects.

    Returns:
        Plain Python values; fractions and exponents as Decimal, so money is never a float.

    Raises:
        PayloadTooLarge: longer than `max_bytes`.
        InvalidRequest: malformed, duplicate keys, NaN, infinity, lone surrogates, too deep, long numbers.
    """
    if len(raw) > max_bytes:
        raise PayloadTooLarge(f"the body exceeds {max_bytes} bytes")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise InvalidRequest("the body starts with a byte order mark")
    _check_depth(raw, max_depth)
    try:
        text = raw.decode("utf-8")
        return (_with_escapes if "\\u" in text else _without_escapes).decode(text)
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not valid JSON") from error


class _StrictStrings(json.JSONDecoder):
    """Refuses lone surrogates, which only `\\u` escapes can bring in."""

    def decode(self, s: str, _w: Any = None) -> Any:  # the base class names its second argument so
        value = super().decode(s)
        _check_strings(value)
        return value


def _check_strings(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                raise InvalidRequest("the body holds a lone surrogate")
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _check_depth(raw: bytes, max_depth: int) -> None:
    if raw.count(b"[") + raw.count(b"{") <= max_depth:  # of every usual body, at no cost
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth > max_depth:
                raise InvalidRequest(f"the body is nested deeper than {max_depth}")
        elif first in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidRequest("the body repeats a key")
    return members


def _fraction(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_CHARS:
        raise InvalidRequest("a number is too long")
    value = Decimal(text)
    if abs(value.adjusted()) > 300:
        raise InvalidRequest("a number is out of range")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARS:
        raise InvalidRequest("a number is too long")
    return int(text)


def _constant(_: str) -> NoReturn:
    raise InvalidRequest("NaN and Infinity are not JSON")


# json.loads() would make one anew for each document.
_HOOKS: dict[str, Any] = {
    "object_pairs_hook": _object,
    "parse_float": _fraction,
    "parse_int": _integer,
    "parse_constant": _constant,
}
_without_escapes, _with_escapes = json.JSONDecoder(**_HOOKS), _StrictStrings(**_HOOKS)
