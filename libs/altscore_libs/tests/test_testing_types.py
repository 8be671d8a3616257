"""Connections of a test run ask once about PostgreSQL's own types, and each about types of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from altscore_libs import testing_types
from altscore_libs.testing import Database

ADDRESSES = ["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06"]
OF_POSTGRES = "SELECT $1::macaddr8[]"  # no other test uses it
OF_OURS = "SELECT ROW(1, 'one')::pair"


@pytest.fixture(autouse=True)
def active() -> Iterator[None]:
    """The plug-in, however this test is run."""
    with contextmanager(testing_types.pytest_runtestloop)():
        yield


async def asks(database: Database, statement: str, *arguments: Any) -> tuple[bool, Any]:
    """Whether a new connection asks about types for a statement, and the statement's value."""
    queries: list[str] = []
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        with connection.query_logger(lambda record: queries.append(record.query)):
            value = await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()
    return any("typeinfo_tree" in query for query in queries), value


async def test_the_second_connection_does_not_ask_about_a_type_of_postgresql(database: Database) -> None:
    assert await asks(database, OF_POSTGRES, ADDRESSES) == (True, ADDRESSES)
    assert await asks(database, OF_POSTGRES, ADDRESSES) == (False, ADDRESSES)


async def test_every_connection_asks_about_a_type_of_ours(database: Database) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute("CREATE TYPE pair AS (number int, name text)")
    await connection.close()
    assert await asks(database, OF_OURS) == (True, (1, "one"))
    assert await asks(database, OF_OURS) == (True, (1, "one"))
