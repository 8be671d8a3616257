"""Commands as an operator runs them: with a process's own settings, key store and database."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from altscore_ingestion.main import COMMANDS
from altscore_ingestion.vault.settings import WorkerSettings
from altscore_ingestion.vault.wiring import topic_erasures
from altscore_libs.commands import run_commands
from altscore_libs.errors import Unavailable
from altscore_libs.settings import read_settings
from altscore_libs.testing import Database
from altscore_libs.testing_postgres import HANG_S, PostgresServer

from .kills.deployment import deployed
from .world import Store


@pytest_asyncio.fixture
async def vault_process(
    tmp_path: Path,
    pg_server: PostgresServer,
    vault_pool: asyncpg.Pool,
    object_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment of the vault's processes."""
    name_of_vault = await vault_pool.fetchval("SELECT current_database()")
    vault_dsn, relay_dsn = pg_server.dsn(name_of_vault, "vault"), pg_server.dsn(name_of_vault, "vault_relay")
    with deployed(tmp_path, dsn=vault_dsn, vault_dsn=vault_dsn, store=object_store) as deployment:
        environment = deployment.vault_environment()
    of_one_process = {"VAULT_API_PORT": "1", "VAULT_RELAY_DATABASE_URL": relay_dsn, "VAULT_EVENTS_PIN": "of-no-token"}
    for name, value in (environment | of_one_process).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(("command", "page"), [("openapi", "openapi.json"), ("vault-openapi", "openapi_vault.json")])
def test_the_committed_document_is_what_the_command_writes(
    command: str, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_commands("altscore_ingestion", COMMANDS, [command])
    committed = (Path(__file__).parents[1] / page).read_text(encoding="utf-8")
    assert json.loads(capsys.readouterr().out) == json.loads(committed)


def test_a_vault_without_data_keys_has_none_to_wrap_anew(vault_process: None) -> None:
    # A process of its own: SoftHSM2 reads which tokens there are once per process, at whatever opens one first.
    command = [sys.executable, "-m", "altscore_ingestion", "vault-rewrap"]
    rewrapped = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG_S)
    assert (rewrapped.returncode, rewrapped.stdout) == (0, "wrapped anew 0, unreadable 0\n"), rewrapped.stderr


async def test_erasures_are_not_done_again_in_part_when_the_broker_is_silent(
    vault_process: None, vault_pool: asyncpg.Pool
) -> None:
    topic = topic_erasures(read_settings(WorkerSettings), vault_pool, within_s=0.2)
    with pytest.raises(Unavailable):
        await topic.run_once()
    assert await vault_pool.fetchval("SELECT count(*) FROM erasure") == 0


def test_a_database_that_is_up_to_date_is_migrated_without_a_change(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGESTION_OWNER_DATABASE_URL", database.owner_dsn)
    before = asyncio.run(_versions(database.owner_dsn))
    run_commands("altscore_ingestion", COMMANDS, ["migrate"])
    assert asyncio.run(_versions(database.owner_dsn)) == before != []


async def _versions(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["version_num"] for row in await connection.fetch("SELECT version_num FROM alembic_version")]
    finally:
        await connection.close()
