"""A service's database role cannot take all connections, fill the disk, or make objects in databases of the server."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import psycopg
import pytest
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import OUR_DATABASES, Layout
from altscore_local.pki import ensure_pki
from altscore_local.postgres import TOOL_DATABASES, Postgres
from altscore_local.process import Supervisor
from altscore_local.role_limits import MAX_CONNECTIONS, OWN_DATABASES, limits_of

APPLICATIONS = (*OUR_DATABASES, *TOOL_DATABASES)
OWNERS = tuple(f"{name}_owner" for name in OUR_DATABASES)
ROLES = {role: role.removesuffix("_owner") for role in (*APPLICATIONS, *OWNERS)}  # role: its database


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The local stack's own server with its roles and databases, on a free port."""
    layout = Layout(tmp_path_factory.mktemp("clone"))
    layout = replace(layout, port_offset=free_port() - layout.port("postgres"))
    for folder in (layout.secrets, layout.run, layout.data, layout.logs):
        folder.mkdir(parents=True)
    ensure_pki(layout)
    postgres, supervisor = Postgres(layout), Supervisor(layout)
    supervisor.ensure(postgres.prepare())
    postgres.bootstrap()
    yield postgres
    supervisor.stop("postgres", number=signal.SIGINT, timeout_s=10)
    if not postgres.home.is_relative_to(layout.var):
        shutil.rmtree(postgres.home.parent)


def shown(connection: psycopg.Connection, setting: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("database", OWN_DATABASES)
@pytest.mark.parametrize("role", ROLES)
def test_no_role_connects_to_a_database_of_the_server_itself(server: Postgres, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.dsn(role, database))


@pytest.mark.parametrize("role", APPLICATIONS)
def test_no_role_connects_to_the_database_of_another(server: Postgres, role: str) -> None:
    for database in APPLICATIONS:
        if database != role:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(server.dsn(role, database))


@pytest.mark.parametrize("role", OUR_DATABASES)
def test_an_application_role_makes_no_temporary_table(server: Postgres, role: str) -> None:
    with (
        psycopg.connect(server.dsn(role, role)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TEMP TABLE hidden (value int)")


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_leaves_open_ends(server: Postgres, role: str) -> None:
    with psycopg.connect(server.dsn(role, ROLES[role])) as connection:
        limits = limits_of(role)
        assert shown(connection, "idle_in_transaction_session_timeout") == limits.idle_in_transaction_session_timeout
        assert shown(connection, "work_mem") == limits.work_mem
        assert shown(connection, "statement_timeout") == limits.statement_timeout
        assert (limits.statement_timeout == "0") == role.endswith("_owner")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_cannot_raise_what_it_may_write_to_disk_for_a_query(server: Postgres, role: str) -> None:
    with psycopg.connect(server.dsn(role, ROLES[role])) as connection:
        assert shown(connection, "temp_file_limit") == limits_of(role).temp_file_limit
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET temp_file_limit = -1")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_cannot_give_itself_more(server: Postgres, role: str) -> None:
    with (
        psycopg.connect(server.dsn(role, ROLES[role])) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1".encode())


def test_one_role_alone_never_takes_more_than_half_of_the_connections(server: Postgres) -> None:
    assert {
        role: limits_of(role).connections for role in ROLES if limits_of(role).connections > MAX_CONNECTIONS / 2
    } == {}
    with ExitStack() as stack:
        for _ in range(limits_of("webhook").connections):
            stack.enter_context(psycopg.connect(server.dsn("webhook", "webhook")))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(server.dsn("webhook", "webhook"))
        stack.enter_context(psycopg.connect(server.dsn("consent", "consent")))
