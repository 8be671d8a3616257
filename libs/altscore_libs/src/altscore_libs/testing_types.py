"""A pytest plug-in: what asyncpg asks about PostgreSQL's own types, it asks once, not once a connection.

A test's database is new and so are its connections. The first statement with an array of each had the server make the
plan of asyncpg's longest query, which took it longer than all statements of most tests. Types that PostgreSQL brings
along have the same number and the same form in every database of one version, and a run uses one.
"""

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

FIRST_OID_OF_OURS = 16_384
"""PostgreSQL gives numbers from here on to what a database's owner makes (FirstNormalObjectId)."""
_ASKED_BEFORE = SimpleNamespace(name="asked before")
"""In the place of the question's statement, whose name says that no statement of the connection was overwritten."""


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Iterator[None]:
    """While tests run, a connection that meets types that another one has asked about does not ask."""
    ask = asyncpg.Connection._introspect_types
    answers: dict[frozenset[int], Any] = {}

    async def introspect(
        connection: asyncpg.Connection, oids: Iterable[int], within_s: float | None
    ) -> tuple[Any, Any]:
        asked = frozenset(oids)
        if asked in answers:
            return answers[asked], _ASKED_BEFORE
        types, statement = await ask(connection, asked, within_s)
        if max(asked) < FIRST_OID_OF_OURS:
            answers[asked] = types
        return types, statement

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_introspect_types", introspect)
        return (yield)
