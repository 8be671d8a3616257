"""The databases of the tests: each fresh, gone with its sessions, and on one cluster whoever asks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from altscore_libs.testing import Database
from altscore_libs.testing_postgres import HANG_S, PostgresServer


@pytest.fixture
def spare(pg_server: PostgresServer, template: str) -> Iterator[str]:
    """The name of a database that the test removes."""
    pg_server.create("spare", owner="plumbing_owner", template=template)
    yield "spare"
    pg_server.execute("DROP DATABASE IF EXISTS spare WITH (FORCE)")


def names(server: PostgresServer) -> set[str]:
    with psycopg.connect(server.dsn("postgres")) as connection:
        return {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}


def test_a_database_goes_with_its_own_sessions_and_no_others(
    pg_server: PostgresServer, database: Database, spare: str
) -> None:
    with (
        psycopg.connect(pg_server.dsn(spare), autocommit=True) as ended,
        psycopg.connect(pg_server.dsn(spare)) as in_transaction,
        psycopg.connect(database.app_dsn) as other,
    ):
        in_transaction.execute("LOCK TABLE outbox")
        pg_server.drop(spare)
        assert spare not in names(pg_server)
        assert other.execute("SELECT 1").fetchone() == (1,)
        for session in (ended, in_transaction):
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")


def throw_everybody_out(server: PostgresServer) -> None:
    others = b"backend_type = 'client backend' AND pid <> pg_backend_pid()"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + others)


def test_databases_are_made_and_removed_after_a_test_threw_everybody_out(pg_server: PostgresServer, spare: str) -> None:
    pg_server.drop(spare)
    throw_everybody_out(pg_server)
    pg_server.create(spare, owner="plumbing_owner")
    assert spare in names(pg_server)
    throw_everybody_out(pg_server)
    pg_server.drop(spare)
    assert spare not in names(pg_server)


def test_packages_that_each_import_the_fixture_share_one_cluster_which_goes_at_the_end(tmp_path: Path) -> None:
    for package in ("one", "two"):
        folder = tmp_path / package
        folder.mkdir()
        (folder / "conftest.py").write_text("from altscore_libs.testing import pg_server\n")
        (folder / "test_it.py").write_text(
            "import psycopg\n"
            "def test_it(pg_server):\n"
            "    psycopg.connect(pg_server.dsn('postgres')).close()\n"
            "    print(f'\\ncluster {pg_server.folder}')\n"
        )
    command = [sys.executable, "-m", "pytest", "-s", "--import-mode=importlib", "-p", "no:cacheprovider", str(tmp_path)]
    # The inner run is no part of the measurement of the outer one, whose sources are not in its folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLIPCOVER_")}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=2 * HANG_S, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folders = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("cluster ")]
    assert len(folders) == 2
    assert len(set(folders)) == 1
    assert not Path(folders[0]).exists()
