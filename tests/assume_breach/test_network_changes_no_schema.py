"""Whoever reaches the schema registry changes no schema: its role writes its tables while a deployment registers."""

from collections.abc import Iterator

import psycopg
import pytest
from altscore_libs.testing_postgres import PostgresServer
from altscore_local.registry import changeable

ROLE = "schema_registry"
TABLES = ("artifacts", "content", "global_rules", "sequences")
CHANGES = (
    "INSERT INTO {} VALUES ('forged')",
    "UPDATE {} SET id = 'forged'",
    "DELETE FROM {}",
    "TRUNCATE {}",
)


class BrokenOffError(Exception):
    """The deployment ended in the middle."""


def register(service: psycopg.Connection, as_superuser: str) -> None:
    """A registration that breaks off once everything is written."""
    with changeable(as_superuser, ROLE):
        for table in TABLES:
            service.execute(f"INSERT INTO {table} VALUES ('ours')".encode())
        raise BrokenOffError


@pytest.fixture
def registry(pg_server: PostgresServer) -> Iterator[str]:
    """The name of a registry's database, whose tables its role has made, as at its first start."""
    with psycopg.connect(pg_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
    pg_server.create("schema_registry", owner=ROLE)
    with psycopg.connect(pg_server.dsn("schema_registry", ROLE)) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} (id text)".encode())
    yield "schema_registry"
    pg_server.drop("schema_registry")
    with psycopg.connect(pg_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP ROLE {ROLE}".encode())


def test_the_registrys_role_writes_while_a_deployment_registers_and_never_else(
    registry: str, pg_server: PostgresServer
) -> None:
    as_superuser, as_registry = pg_server.dsn(registry), pg_server.dsn(registry, ROLE)
    with psycopg.connect(as_registry, autocommit=True) as service:
        with pytest.raises(BrokenOffError):  # which leaves nothing open
            register(service, as_superuser)
        for table in TABLES:
            for change in CHANGES:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    service.execute(change.format(table).encode())
            assert service.execute(f"SELECT id FROM {table}".encode()).fetchall() == [("ours",)]
