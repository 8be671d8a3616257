"""Canonical JSON (RFC 8785): one form only, so that a signature or a digest holds over the meaning.

The common types are written here and everything else by `rfc8785`: the library takes every value through a chain of
`isinstance` into a stream of bytes, which was more than half of what computing a score costs (ADR 0040).
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring as _quoted  # in C; escapes exactly what section 3.2.2.2 does
from typing import Any

import rfc8785

_SAFE_INTEGER = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value.

    Raises:
        ValueError: the value has no such form (a non-finite or too large number, a key that is not a text, a lone
            surrogate, another type).
    """
    return _text(value).encode()


def canonical_digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical_json(value)).digest()


def _text(value: Any) -> str:
    return _WRITERS.get(type(value), _by_library)(value)


def _by_library(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_text, value))}]"
    return rfc8785.dumps(value).decode()


def _object(value: dict[Any, Any]) -> str:
    if set(map(type, value)) - {str}:
        return _by_library(value)
    writer = _WRITERS.get
    members = [
        f"{prefix}{writer(type(item := value[name]), _by_library)(item)}" for name, prefix in _members(tuple(value))
    ]
    return f"{{{','.join(members)}}}"


@lru_cache(maxsize=512)
def _members(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """The names in their order, each with what stands before its value: records of a kind share their names."""
    is_plain = "".join(names).isascii()
    ordered = sorted(names) if is_plain else sorted(names, key=lambda name: name.encode("utf-16be"))
    return [(name, f"{_quoted(name)}:") for name in ordered]


def _integer(value: int) -> str:
    return str(value) if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else _by_library(value)


def _number(value: float) -> str:
    """As ECMAScript writes it: the shortest digits, as Python; an exponent from 1e21 on and below 1e-6."""
    text = repr(value)
    if "e" not in text:
        if text.endswith(".0"):
            return text[:-2] if value else "0"
        return _by_library(value) if "n" in text else text  # infinite, or no number: refused
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if not -7 < power < 21:
        return f"{mantissa}e{power:+d}"
    sign, digits = "-" if value < 0 else "", mantissa.lstrip("-").replace(".", "")
    return f"{sign}0.{'0' * (-power - 1)}{digits}" if power < 0 else f"{sign}{digits.ljust(power + 1, '0')}"


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    str: _quoted,
    float: _number,
    dict: _object,
    int: _integer,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}
