"""A service's database for a benchmark, in a PostgreSQL of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from altscore_libs import db
from altscore_libs.testing_postgres import PostgresServer

from demo.context import ROOT


@contextmanager
def migrated_database(
    name: str, migrations: str, *, roles: Sequence[str] = (), is_durable: bool = False
) -> Iterator[PostgresServer]:
    """A database with its newest schema; its role has the same name.

    Args:
        name: of the database.
        migrations: folder, from the repository's root.
        roles: further ones that the migrations grant something to.
        is_durable: with fsync on.
    """
    server = PostgresServer(is_durable=is_durable)
    server.start()
    try:
        for role in (f"{name}_owner", name, f"{name}_relay", *roles):
            server.execute(f"CREATE ROLE {role} LOGIN")
        server.execute(f"CREATE DATABASE {name} OWNER {name}_owner")
        db.upgrade(server.dsn(name, f"{name}_owner"), ROOT / migrations)
        yield server
    finally:
        server.stop()
