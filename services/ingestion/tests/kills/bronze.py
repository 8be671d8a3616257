"""What stands in Bronze, in the database and in the outbox after the kills, and whether all three say the same."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import asyncpg

from ..world import BRONZE, CATALOGUE, Store, live_rows, rows
from .site import TABLES, Site

COUNTS = ("submitted", "accepted", "quarantined", "duplicate")
KEYS = {
    "invoices": ("invoice_id",),
    "payments": ("payment_id", "line_no"),
    "returns": ("return_id",),
    "retailers": ("subject_token",),
}


@dataclass
class Folder:
    """Objects of one batch: what its manifest names, and what an earlier try left beside it."""

    manifest: dict[str, Any]
    manifest_sha256: str
    files: dict[str, bytes] = field(default_factory=dict)
    unnamed: int = 0


def folders(store: Store, distributor_id: str) -> dict[str, Folder]:
    """Every folder of a distributor by batch id; one without a manifest fails."""
    objects: dict[str, dict[str, bytes]] = defaultdict(dict)
    for key, body in store.objects(BRONZE, f"bronze/dist={distributor_id}/").items():
        batch, name = key.rsplit("/batch=", 1)[1].split("/")
        objects[batch][name] = body
    assert all("manifest.json" in files for files in objects.values()), "a batch is half in Bronze"
    return {batch: _folder(files) for batch, files in objects.items()}


def _folder(objects: Mapping[str, bytes]) -> Folder:
    raw = objects["manifest.json"]
    manifest = json.loads(raw)
    folder = Folder(manifest, hashlib.sha256(raw).hexdigest(), unnamed=len(objects) - 1 - len(manifest["files"]))
    for file in manifest["files"]:
        body = objects[file["name"]]
        assert hashlib.sha256(body).hexdigest() == file["sha256"], "a file is not the one that its manifest names"
        # A try that was cut off may have left other bytes under the plain name: the next one adds its digest.
        table, _, _ = file["name"].partition(".")
        folder.files[f"{table}.parquet"] = body
    return folder


async def assert_whole(pool: asyncpg.Pool, store: Store, sites: Sequence[Site]) -> Counter[str]:
    """Fails unless Bronze, database and outbox hold what was sent, once; returns what was counted."""
    counted: Counter[str] = Counter()
    for site in sites:
        stored = folders(store, site.connector.distributor_id)
        counted += await assert_agree(pool, site.connector.distributor_id, stored)
        batches = await pool.fetch("SELECT * FROM batch WHERE distributor_id = $1", site.connector.distributor_id)
        assert {str(row["client_batch_id"]) for row in batches} == set(site.told), "a batch was lost or doubled"
        for row in batches:
            told = site.told[str(row["client_batch_id"])]
            assert told == {"batch_id": row["batch_id"]} | {name: row[name] for name in COUNTS}
        _assert_ledger(site, stored)
    await assert_announced(pool)
    return counted


async def assert_agree(pool: asyncpg.Pool, distributor_id: str, stored: Mapping[str, Folder]) -> Counter[str]:
    """Fails unless the database and Bronze have the same complete batches and versions of a distributor."""
    batches = await pool.fetch("SELECT * FROM batch WHERE distributor_id = $1", distributor_id)
    assert {row["batch_id"] for row in batches} == stored.keys(), "Bronze and the database differ"
    for row in batches:
        _assert_same_batch(row, stored[row["batch_id"]])
    versions = _assert_versions(stored)
    await _assert_records(pool, distributor_id, versions)
    unnamed = sum(folder.unnamed for folder in stored.values())
    return Counter(batches=len(batches), rows=sum(versions.values()), unnamed=unnamed)


def _assert_same_batch(row: Mapping[str, Any], folder: Folder) -> None:
    assert row["state"] == "complete"
    assert (row["batch_id"], row["manifest_sha256"]) == (folder.manifest["batch_id"], folder.manifest_sha256)
    assert [row[name] for name in COUNTS] == [folder.manifest[name] for name in COUNTS]
    assert sum(file["rows"] for file in folder.manifest["files"]) == row["accepted"]


def _assert_versions(stored: Mapping[str, Folder]) -> Counter[tuple[Any, ...]]:
    """Every (distributor, document, version) stands once, versions without a gap; how many each document has."""
    seen: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    record_ids: list[str] = []
    for folder in stored.values():
        for name in folder.files:
            table = name.removesuffix(".parquet")
            for row in rows(folder.files, table):
                seen[table, *(row[column] for column in KEYS[table])].append(row["content_version"])
                record_ids.append(row["record_id"])
    assert len(set(record_ids)) == len(record_ids)
    for versions in seen.values():
        assert sorted(versions) == list(range(1, len(versions) + 1))
    return Counter({key: len(versions) for key, versions in seen.items()})


async def _assert_records(pool: asyncpg.Pool, distributor_id: str, versions: Counter[tuple[Any, ...]]) -> None:
    """The database knows every document of Bronze at its newest version, and no others."""
    known = await pool.fetch(
        "SELECT table_name, record_key, content_version FROM record"
        " WHERE distributor_id = $1 AND table_name <> 'retailers'",
        distributor_id,
    )
    assert {(row["table_name"], row["record_key"]): row["content_version"] for row in known} == {
        (table, "#".join(map(str, key))): count for (table, *key), count in versions.items() if table != "retailers"
    }


def _assert_ledger(site: Site, stored: Mapping[str, Folder]) -> None:
    live: dict[tuple[str, tuple[Any, ...]], Decimal] = {}
    for table in TABLES:
        table_rows = live_rows([folder.files for folder in stored.values()], table)
        live |= {(table, key): row["amount_inr"] for key, row in table_rows.items()}
    assert live == site.stated


async def assert_announced(pool: asyncpg.Pool) -> None:
    """One event and one audit entry for each batch, no others."""
    complete = await pool.fetch("SELECT batch_id, manifest_sha256 FROM batch")
    expected = sorted((row["batch_id"], row["manifest_sha256"]) for row in complete)
    waiting = await pool.fetch("SELECT name, payload FROM outbox ORDER BY id")
    events = [(row["name"], CATALOGUE.decode(row["name"], row["payload"])) for row in waiting]
    announced = [data for name, data in events if name == "ingestion.batch.complete"]
    audited = [data for name, data in events if name == "audit_event" and data["action"] == "batch_ingested"]
    assert sorted((data["batch_id"], data["manifest_sha256"]) for data in announced) == expected
    assert sorted((data["subject"], data["details"]["manifest_sha256"]) for data in audited) == expected
