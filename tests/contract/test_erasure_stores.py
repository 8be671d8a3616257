"""Every table that names a retailer says in one file what an erasure does to it: a new table cannot be forgotten."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from altscore_libs import db
from altscore_libs.testing import SCHEMAS, pg_server
from altscore_libs.testing_postgres import PostgresServer

__all__ = ["pg_server"]
ROOT = SCHEMAS.parent
STORES: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    (SCHEMAS / "privacy/stores.yml").read_text(encoding="utf-8")
)
MIGRATIONS = {
    "vault": ROOT / "services/ingestion/migrations_vault",
    "portal": ROOT / "services/admin/migrations_portal",
    **{path.parent.name: path for path in sorted(ROOT.glob("services/*/migrations"))},
}
TABLES = """
SELECT c.relname, bool_or(a.attname LIKE '%retailer%' AND a.atttypid::regtype::text IN ('text', 'text[]'))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT a.attisdropped GROUP BY 1
"""


@pytest.fixture(scope="module")
def tables(pg_server: PostgresServer) -> dict[str, dict[str, bool]]:
    """Every table by store, as the migrations make it, and whether a column of it names a retailer."""
    tables: dict[str, dict[str, bool]] = {}
    for store, migrations in MIGRATIONS.items():
        name = f"stores_{store}"
        for role in (f"{store}_owner", store, f"{store}_relay", f"{store}_access"):
            with suppress(psycopg.errors.DuplicateObject):  # of another package's tests on the same server
                pg_server.execute(f"CREATE ROLE {role} LOGIN")
        pg_server.create(name, owner=f"{store}_owner")
        db.upgrade(pg_server.dsn(name, f"{store}_owner"), migrations)
        with psycopg.connect(pg_server.dsn(name)) as connection:
            tables[store] = dict(connection.execute(TABLES).fetchall())
        pg_server.drop(name)
    return tables


def test_every_table_that_names_a_retailer_is_erased_or_kept_for_a_reason(tables: dict[str, dict[str, bool]]) -> None:
    naming = {f"{store}.{table}" for store, of_store in tables.items() for table, names in of_store.items() if names}
    everything = {f"{store}.{table}" for store, names in tables.items() for table in names}
    listed = {f"{store}.{table}" for store, entries in STORES.items() for table in entries}
    assert len(naming) > 20
    assert sorted(naming - listed) == [], "say in schemas/privacy/stores.yml what an erasure does to it"
    assert sorted(listed - everything) == [], "listed and gone"


@pytest.mark.parametrize("store", sorted(STORES))
def test_every_entry_says_what_happens(store: str) -> None:
    for table, entry in STORES[store].items():
        assert set(entry) == {"erased"} or set(entry) == {"kept"} or set(entry) == {"erased", "kept"}, table
        assert all(len(text) > 10 for text in entry.values()), table


@pytest.mark.parametrize("store", sorted(STORES))
def test_the_code_of_an_erasure_names_every_table_that_is_erased(store: str) -> None:
    erased = [table for table, entry in STORES[store].items() if "erased" in entry]
    code = "\n".join(path.read_text(encoding="utf-8") for path in _sources(store))
    assert [table for table in erased if table not in code] == []


def _sources(store: str) -> list[Path]:
    if store == "vault":
        return sorted((ROOT / "services/ingestion/src/altscore_ingestion/vault/erasures").glob("*.py"))
    base = ROOT / "services" / store
    return [*sorted(base.glob(f"src/altscore_{store}/erasures/*.py")), *sorted(base.glob("migrations/*_erasures.py"))]


def test_every_store_with_something_to_erase_reads_the_topic() -> None:
    topics: list[dict[str, Any]] = yaml.safe_load((SCHEMAS / "topics.yml").read_text(encoding="utf-8"))
    [privacy] = [topic for topic in topics if topic["name"] == "altscore.privacy"]
    erasing = {store for store, entries in STORES.items() if any("erased" in entry for entry in entries.values())}
    assert set(privacy["consumers"]) == erasing | {"audit"}  # audit counts every topic
    assert privacy["producers"] == ["vault"]
    assert privacy["retention_days"] == -1
