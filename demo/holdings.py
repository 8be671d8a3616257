"""What the databases of the stack hold of somebody, as their superuser sees it; it only reads."""

from collections.abc import Sequence

import yaml

from demo.context import ROOT, Demo

STORES = ROOT / "schemas" / "privacy" / "stores.yml"
_DATABASES = "SELECT array_agg(datname ORDER BY datname) FROM pg_database WHERE NOT datistemplate"
_TABLES = """
SELECT quote_ident(table_name) FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema = 'public' ORDER BY 1
"""


def emptied_tables() -> list[tuple[str, str]]:
    """Store and table of which an erasure leaves no row that names the retailer."""
    stores = yaml.safe_load(STORES.read_text(encoding="utf-8"))
    return [
        (store, table)
        for store, tables in stores.items()
        for table, entry in tables.items()
        if "erased" in entry and "kept" not in entry
    ]


def keeping_tables() -> set[str]:
    """`store.table` of every table that may go on naming an erased retailer by id.

    Beside the tables of stores.yml: outboxes, until what they hold is purged, and the approval of the erasure.
    """
    stores = yaml.safe_load(STORES.read_text(encoding="utf-8"))
    kept = {
        f"{store}.{table}" for store, tables in stores.items() for table, entry in tables.items() if "kept" in entry
    }
    return kept | {f"{store}.outbox" for store in stores} | {"admin.approvals"}


def reporting_stores() -> set[str]:
    """The stores that must say what they erased; the vault signs a certificate instead."""
    stores = yaml.safe_load(STORES.read_text(encoding="utf-8"))
    return {store for store, tables in stores.items() if any("erased" in entry for entry in tables.values())} - {
        "vault"
    }


def rows_naming(demo: Demo, tables: Sequence[tuple[str, str]], text: str) -> dict[str, int]:
    """How many rows of each of these tables hold a text; tables without one are left out."""
    counts = {f"{store}.{table}": _rows(demo, store, table, texts=[text]) for store, table in tables}
    return {name: count for name, count in counts.items() if count}


def tables_holding(demo: Demo, texts: Sequence[str]) -> list[str]:
    """`database.table` of every table with a row that holds one of these texts, as text or as bytes."""
    holding = []
    for database in demo.count("postgres", _DATABASES):
        with demo.superuser(database) as connection:
            tables = [row[0] for row in connection.execute(_TABLES.encode()).fetchall()]
        holding += [f"{database}.{table}" for table in tables if _rows(demo, database, table, texts=texts)]
    return holding


def _rows(demo: Demo, database: str, table: str, *, texts: Sequence[str]) -> int:
    forms = [form for text in texts for form in (text, text.encode().hex())]
    patterns = [f"%{form}%" for form in forms]
    query = f"SELECT count(*) FROM {table} AS held WHERE held::text LIKE ANY(%s)"  # noqa: S608  # names of the catalog
    return int(demo.count(database, query, patterns))
