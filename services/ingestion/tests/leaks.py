"""Finds marked GSTINs and phones in whatever bytes they may have been written to, unkeyed digests of them included."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import asyncpg

_PREFIX = 8
DIGESTS = (hashlib.sha256, hashlib.sha1, hashlib.md5)


def spellings(number: str) -> set[str]:
    """How a GSTIN, or a phone of ten digits, is written."""
    if not number.isdigit():
        return {number, number.lower()}
    halves = f"{number[:5]} {number[5:]}"
    return {number, f"91{number}", f"+91{number}", f"0{number}", halves, f"+91 {halves}", f"+91-{number}"}


def needles(number: str) -> Iterator[bytes]:
    """Every form that gives the number away; all of them in lower case as well."""
    for text in spellings(number):
        plain = text.encode()
        yield plain
        yield plain.hex().encode()
        yield text.encode("utf-16-le")
        yield base64.b64encode(plain).rstrip(b"=")
        for digest_of in DIGESTS:
            digest = digest_of(plain).digest()
            yield digest
            yield digest.hex().encode()
            yield base64.b64encode(digest).rstrip(b"=")
            yield base64.urlsafe_b64encode(digest).rstrip(b"=")


class LeakSearch:
    """One pass over the bytes of a store for all forms of all marked numbers.

    Args:
        numbers: marked GSTINs and phones of ten digits.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._by_prefix: dict[bytes, list[bytes]] = {}
        for number in numbers:
            for form in {*needles(number), *(form.lower() for form in needles(number))}:
                self._by_prefix.setdefault(form[:_PREFIX], []).append(form)

    def hits(self, content: bytes) -> list[bytes]:
        """What was found, in order."""
        return [*self._hits(content), *self._hits(content.lower())]

    def _hits(self, content: bytes) -> Iterator[bytes]:
        by_prefix = self._by_prefix
        for place in range(len(content) - _PREFIX + 1):
            if (forms := by_prefix.get(content[place : place + _PREFIX])) is not None:
                yield from (form for form in forms if content.startswith(form, place))


def content_of(value: Any) -> bytes:
    """A value of a database or a table file as bytes; binary ones as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list | tuple):
        return b"\n".join(content_of(item) for item in value)
    return str(value).encode()


async def dump(pool: asyncpg.Pool) -> dict[str, bytes]:
    """Every row of every table that the role reads, by table."""
    tables = await pool.fetch(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(c.oid, 'SELECT')"
    )
    queries = {name: f"SELECT * FROM {name}" for (name,) in tables}
    queries["outbox"] = "SELECT name, topic, key, payload FROM outbox"  # the role reads these columns alone
    return {
        name: b"\n".join(content_of(tuple(row)) for row in await pool.fetch(query)) for name, query in queries.items()
    }
