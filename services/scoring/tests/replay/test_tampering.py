"""Whoever can write the whole database, and cannot sign, changes no field of an outcome without being named.

The fields are those of the stored rows and records themselves, so that a new one is covered as soon as it is kept.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from altscore_libs.testing import Database
from altscore_scoring.clients import FileReader
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.replay.service import Replayed, ReplayService
from altscore_scoring.scores.evidence import EvidenceItem, evidence_item

from .. import synthetic
from ..runs.test_worker import Trained, gold, scored
from ..worker_world import World

ABSENT, REVOKED = synthetic.retailer_id(20), synthetic.retailer_id(21)
# Of the first retailer, so that GR-2 blocks it.
ANOMALOUS = {"gmv_12m_inr": [9e9], "basket_mean_inr": [8e8], "invoices_12m": [90_000], "lines_mean": [900.0]}
ANOMALOUS |= {"exposure_inr": [9e9], "credit_days_mean": [900.0], "gmv_growth_ratio": [80.0], "gap_max_days": [4e3]}
ANOMALOUS |= {"gmv_3m_inr": [9e9], "gmv_6m_monthly_inr": [9e9], "overdue_amount_inr": [9e9], "bounce_count": [500]}
QUERIES = {
    "score": "SELECT score_id FROM scores ORDER BY retailer_id LIMIT 1",
    **{
        reason: f"SELECT block_id FROM blocks WHERE reason = '{reason}' AND run_id IS NOT NULL LIMIT 1"
        for reason in ("GR-2", "GR-3", "GR-5", "CONSENT")
    },
    "revocation": "SELECT block_id FROM blocks WHERE run_id IS NULL LIMIT 1",
}
SIGNATURE = ("sealed_record", "seal_key_id", "seal")
LEAST_FIELDS = {"score": 120, "GR-3": 120, "GR-2": 75, "GR-5": 75, "CONSENT": 75, "revocation": 6}


class Attacker:
    """A database superuser in a transaction, with the replay that looks at what was changed in it."""

    def __init__(self, connection: asyncpg.Connection, service: ReplayService, outcome_id: str) -> None:
        self.connection = connection
        self.service = service
        self.table = "scores" if outcome_id.startswith("scr_") else "blocks"
        self.kind = self.table[:-1]
        self.outcome_id = outcome_id

    async def replay(self, outcome_id: str | None = None) -> Replayed:
        """The answer of a replay."""
        return await self.service.replay(self.connection, outcome_id or self.outcome_id)

    async def row(self) -> dict[str, Any]:
        """The outcome's row."""
        return dict(
            await self.connection.fetchrow(
                f"SELECT * FROM {self.table} WHERE {self.kind}_id = $1",
                self.outcome_id,
            )
        )

    async def set(self, column: str, value: Any) -> None:
        """Changes a column of the row."""
        statement = f"UPDATE {self.table} SET {column} = $1 WHERE {self.kind}_id = $2"
        await self.connection.execute(statement, value, self.outcome_id)

    async def body(self, digest: str) -> dict[str, Any]:
        """A record of evidence."""
        record: dict[str, Any] = json.loads(
            await self.connection.fetchval("SELECT body FROM evidence WHERE digest = $1", digest)
        )
        return record

    async def add(self, item: EvidenceItem) -> None:
        """Inserts evidence with its right digest."""
        await self.connection.execute("INSERT INTO evidence VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", *item)

    async def replace(self, part: str | None, record: Mapping[str, Any]) -> None:
        """Other evidence with right digests, to which the row points; `part` is the record inside that is changed."""
        if part is not None:
            item = evidence_item(part, dict(record))
            await self.add(item)
            record = await self.body((await self.row())["evidence_digest"]) | {part: item.digest}
        item = evidence_item(self.kind, dict(record))
        await self.add(item)
        await self.set("evidence_digest", item.digest)


@asynccontextmanager
async def attack(database: Database, service: ReplayService, outcome_id: str) -> AsyncIterator[Attacker]:
    """An attacker whose changes are undone at the end."""
    connection = await asyncpg.connect(database.superuser_dsn)
    change = connection.transaction()
    await change.start()
    try:
        await connection.execute("SET LOCAL session_replication_role = replica")  # no foreign key is in the way
        for table in ("scores", "blocks", "evidence"):
            checks = "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'"
            for row in await connection.fetch(checks, table):
                await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {row['conname']}")
        yield Attacker(connection, service, outcome_id)
    finally:
        await change.rollback()
        await connection.close()


def other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    return "x"


def leaves(record: Mapping[str, Any], prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every value of a record."""
    paths = []
    for name, value in record.items():
        nested = isinstance(value, Mapping) and value
        paths += leaves(value, (*prefix, name)) if nested else [(*prefix, name)]
    return paths


def changed(record: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The record with another value at a path."""
    name, *rest = path
    return {**record, name: changed(record[name], tuple(rest)) if rest else other(record[name])}


async def outcome_of(world: World, trained: Trained, kind: str) -> str:
    """An outcome of a run that has all kinds of them."""
    world.consents.refused.add(ABSENT)
    await scored(world, trained, gold(120, completeness=[80.0, 40.0], **ANOMALOUS))
    world.consents.refused.add(REVOKED)
    await world.deliver("consent.revoked", REVOKED, retailer_id=REVOKED, consent_id="cns_1")
    await world.work()
    outcome_id = await world.pool.fetchval(QUERIES[kind])
    assert outcome_id is not None, f"no {kind} in this run"
    return str(outcome_id)


async def changed_columns(database: Database, service: ReplayService, outcome_id: str) -> dict[str, Replayed]:
    """Column → the answer when it alone is changed."""
    answers = {}
    async with attack(database, service, outcome_id) as attacker:
        row = await attacker.row()
    for column, value in row.items():
        async with attack(database, service, outcome_id) as attacker:
            await attacker.set(column, other(value))
            is_id = column == f"{attacker.kind}_id"
            answers[column] = await attacker.replay(other(value) if is_id else None)
    return answers


async def changed_evidence(
    database: Database, service: ReplayService, outcome_id: str, *, keeps_signed: bool = True
) -> dict[str, Replayed]:
    """Field of the evidence → the answer when it alone is changed, with every digest made right again."""
    answers = {}
    async with attack(database, service, outcome_id) as attacker:
        digest = (await attacker.row())["evidence_digest"]
        body = await attacker.body(digest)
        parts = {name: body[name] for name in ("features", "run") if body[name] is not None}
        records: dict[str | None, Any] = {None: body}
        records |= {name: await attacker.body(part) for name, part in parts.items()}
    for part, record in records.items():
        for path in leaves(record):
            if part is None and path[0] in parts:
                continue  # a digest, which every change below replaces
            async with attack(database, service, outcome_id) as attacker:
                await attacker.replace(part, changed(record, path))
                if not keeps_signed:
                    await attacker.connection.execute("DELETE FROM evidence WHERE digest = $1", digest)
                answers[".".join(path if part is None else (part, *path))] = await attacker.replay()
    return answers


@pytest.mark.parametrize("kind", QUERIES)
async def test_every_changed_field_is_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database, kind: str
) -> None:
    outcome_id = await outcome_of(world, trained, kind)
    service = ReplayService(FileReader(), world.signer.public_keys(), taxonomy)
    async with attack(database, service, outcome_id) as attacker:
        assert await attacker.replay() == Replayed("MATCH")

    columns = await changed_columns(database, service, outcome_id)
    assert {columns.pop(name).answer for name in SIGNATURE} == {"SIGNATURE_INVALID"}
    assert columns.pop("evidence_digest") == Replayed("EVIDENCE_DIFFERS", "evidence_digest")
    assert columns == {name: Replayed("ROW_DIFFERS", name) for name in columns}
    assert len(columns) >= 5

    fields = await changed_evidence(database, service, outcome_id)
    assert fields == {name: Replayed("EVIDENCE_DIFFERS", name) for name in fields}
    assert len(fields) >= LEAST_FIELDS[kind]


async def test_every_changed_field_of_the_signed_record_breaks_the_signature(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    outcome_id = await outcome_of(world, trained, "score")
    service = ReplayService(FileReader(), world.signer.public_keys(), taxonomy)
    async with attack(database, service, outcome_id) as attacker:
        record = json.loads((await attacker.row())["sealed_record"])
        paths = leaves(record)
        assert len(paths) >= 22
        for path in paths:
            await attacker.set("sealed_record", json.dumps(changed(record, path), sort_keys=True))
            assert (await attacker.replay()).answer == "SIGNATURE_INVALID", path
        await attacker.set("seal", "no hex digits")
        assert (await attacker.replay()).answer == "SIGNATURE_INVALID"


async def test_replaced_evidence_is_named_though_the_signed_one_is_gone(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    outcome_id = await outcome_of(world, trained, "revocation")
    service = ReplayService(FileReader(), world.signer.public_keys(), taxonomy)
    answers = await changed_evidence(database, service, outcome_id, keeps_signed=False)
    assert set(answers.values()) == {Replayed("EVIDENCE_DIFFERS", "evidence_digest")}


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("DELETE FROM evidence WHERE digest = $1", "EVIDENCE_MISSING"),
        ("UPDATE evidence SET digest = repeat('0', 64) WHERE digest = $1", "EVIDENCE_MISSING"),
        ("UPDATE evidence SET body = body || ' ' WHERE digest = $1", "EVIDENCE_DAMAGED"),
        ("UPDATE evidence SET kind = 'other' WHERE digest = $1", "EVIDENCE_DAMAGED"),
        ("UPDATE evidence SET body = '' WHERE digest = $1", "EVIDENCE_ERASED"),
    ],
)
async def test_every_changed_column_of_an_evidence_row_is_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database, *, change: str, answer: str
) -> None:
    outcome_id = await outcome_of(world, trained, "score")
    service = ReplayService(FileReader(), world.signer.public_keys(), taxonomy)
    async with attack(database, service, outcome_id) as attacker:
        digest = (await attacker.row())["evidence_digest"]
        body = await attacker.body(digest)
    for part in (digest, body["features"], body["run"]):
        async with attack(database, service, outcome_id) as attacker:
            await attacker.connection.execute(change, part)
            assert await attacker.replay() == Replayed(answer, part)


async def test_a_block_whose_signature_was_taken_away_does_not_match(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    outcome_id = await outcome_of(world, trained, "GR-3")
    service = ReplayService(FileReader(), world.signer.public_keys(), taxonomy)
    async with attack(database, service, outcome_id) as attacker:
        for column in SIGNATURE:
            await attacker.set(column, None)
            assert (await attacker.replay()).answer == "NOT_SIGNED"
        await attacker.set("reason", "GR-2")
        assert await attacker.replay() == Replayed("VALUES_DIFFER", "reason")
