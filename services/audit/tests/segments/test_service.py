"""A month is deleted once it is due and two persons decided exactly that; everything else proves as before."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import GENESIS, Entry, Link, link_hash
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.detections.store import Position, last_before
from altscore_audit.errors import ChainBroken
from altscore_audit.exports.service import ExportService
from altscore_audit.proofs.domain import LenderView
from altscore_audit.proofs.service import ProofService
from altscore_audit.segments import domain, store
from altscore_audit.segments.domain import Decision, SignedSegment
from altscore_audit.segments.service import SegmentService
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.merkle_tree import leaf_hash, root_from_path, root_of
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import SoftwareSigner

from ..conftest import MemoryBucket

BEGIN = datetime(2018, 5, 20, 8, 0, tzinfo=UTC)
LAST_DAY, JUNE = datetime(2018, 5, 31, 10, tzinfo=UTC), datetime(2018, 6, 1, tzinfo=UTC)
JUNE, DUE = datetime(2018, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
COPY = (
    "COPY audit_log (chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash) FROM STDIN"
)


def history(
    superuser: psycopg.Connection, months: Sequence[tuple[datetime, int]], chain: str = "general"
) -> list[Link]:
    """Entries as they were chained years ago, so many from each instant on; the newest was chained just now."""
    links: list[Link] = []
    previous = GENESIS
    for begin, count in months:
        for _ in range(count):
            seq = len(links) + 1
            event_id = UUID(int=seq if chain == "general" else 2**64 + seq)
            at = begin + timedelta(seconds=seq)
            link = Link(
                chain=chain,
                seq=seq,
                event_id=event_id,
                occurred_at=at,
                recorded_at=at,
                action="consent_granted",
                payload=f'{{"n":{seq}}}',
                prev_hash=previous,
                entry_hash=b"",
            )
            links.append(replace(link, entry_hash=link_hash(link)))
            previous = links[-1].entry_hash
    with superuser.cursor().copy(COPY) as copy:
        for link in links:
            copy.write_row(tuple(vars(link).values()))
    superuser.execute(
        "UPDATE audit_chain SET last_seq = %s, last_hash = %s WHERE chain = %s", (len(links), previous, chain)
    )
    return links


class World:
    """The audit service years after its first month: 600 entries of May, 300 of June and one of today."""

    def __init__(
        self, pool: asyncpg.Pool, folder: Path, *, checkpoints: CheckpointService, signer: SoftwareSigner
    ) -> None:
        self.pool, self.bucket, self.checkpoints = pool, MemoryBucket(), checkpoints
        self.deciders, self.signer = SoftwareSigner("promotion"), signer
        for name, key in (("audit-checkpoint", signer), ("promotion", self.deciders)):
            (folder / f"{name}.pem").write_bytes(key.public_pem())
        self.keys = PublicKeys.load(folder)
        self.clock = FixedClock(datetime(2026, 12, 1, tzinfo=UTC))
        self.rules = checkpoints.rules
        self.segments = self.service()

    def service(self, **changes: Any) -> SegmentService:
        """The service under test."""
        wired = {
            "pool": self.pool,
            "signer": self.signer,
            "keys": self.keys,
            "bucket": self.bucket,
            "rules": self.rules,
            "clock": self.clock,
        }
        return SegmentService(**{**wired, **changes})

    async def close_months(self) -> list[SignedSegment]:
        """Exports and signs everything, and closes the months that are over."""
        exports = ExportService(pool=self.pool, bucket=self.bucket, rules=self.rules, clock=self.clock)
        while await exports.export_next():
            pass
        await replace(self.checkpoints, clock=self.clock).sign_due()
        await self.run()
        return await self.known()

    async def known(self, chain: str = "general") -> list[SignedSegment]:
        """The segments that count."""
        async with transaction(self.pool) as connection:
            return await store.segments(connection, chain, self.keys)

    async def run(self) -> None:
        """The worker's turns until nothing is left."""
        while await self.segments.step():
            pass

    async def decision(self, segment: SignedSegment, **changes: Any) -> Decision:
        """What admin hands over once two persons approved."""
        content = {"kind": domain.KIND, "segment_sha256": segment.sha256}
        fields = {
            "purpose": "approval",
            "content": content,
            "proposed_by": "asha",
            "approved_by": "ravi",
            "approved_at": "2026-11-30T10:00:00Z",
        }
        record = canonical_json({**fields, **changes}).decode()
        signature = await self.deciders.sign(hashlib.sha256(record.encode()).digest())
        return Decision(record, self.deciders.key_id, signature.hex())

    async def hand_over(self, decision: Decision) -> None:
        """Chains admin's entry."""
        payload = json.dumps({"action": domain.DECIDED, "details": decision._asdict()})
        entry = Entry(
            chain="general",
            event_id=uuid4(),
            occurred_at=BEGIN,
            action=domain.DECIDED,
            payload=payload,
        )
        async with transaction(self.pool) as connection:
            await chains.append(connection, "general", [entry])

    async def seqs(self, chain: str = "general") -> list[int]:
        """What is left of a chain."""
        rows = await self.pool.fetch("SELECT seq FROM audit_log WHERE chain = $1 ORDER BY seq", chain)
        return [row["seq"] for row in rows]


@pytest.fixture
def links(superuser: psycopg.Connection) -> list[Link]:
    return history(superuser, [(BEGIN, 500), (LAST_DAY, 100), (JUNE, 300), (datetime(2026, 11, 20, tzinfo=UTC), 1)])


@pytest.fixture
def world(
    pool: asyncpg.Pool, tmp_path: Path, *, checkpoints: CheckpointService, signer: SoftwareSigner, links: list[Link]
) -> World:
    assert links
    return World(pool, tmp_path, checkpoints=checkpoints, signer=signer)


async def test_a_month_that_is_over_is_signed_up_to_its_last_whole_tile(world: World, links: list[Link]) -> None:
    may, june = await world.close_months()
    leaves = [leaf_hash(link.entry_hash) for link in links]
    assert (may.segment.month, may.segment.first_seq, may.segment.last_seq) == ("2018-05", 1, 512)
    assert (june.segment.month, june.segment.first_seq, june.segment.last_seq) == ("2018-06", 513, 768)
    assert (june.segment.prev_hash, june.segment.last_hash) == (links[511].entry_hash, links[767].entry_hash)
    assert june.segment.root_hash == root_of(leaves[:768])
    body = json.loads(world.bucket.objects["segments/general/00000000000000000512.json"][0])
    assert body == {"document": may.document, "signature": may.signature}


async def test_a_month_is_not_signed_before_it_is_over_and_exported(world: World) -> None:
    world.clock.advance(seconds=(datetime(2018, 5, 31, 18, 29, tzinfo=UTC) - world.clock.now()).total_seconds())
    assert await world.close_months() == []
    world.clock.advance(seconds=60)  # June in India
    await world.run()
    assert await world.known() == []  # its last day is in no file
    assert [item.segment.month for item in await world.close_months()] == ["2018-05"]


async def test_no_root_is_signed_that_is_not_under_the_signed_tree(world: World, superuser: psycopg.Connection) -> None:
    await replace(world.checkpoints, clock=world.clock).sign_due()
    exports = ExportService(pool=world.pool, bucket=world.bucket, rules=world.rules, clock=world.clock)
    while await exports.export_next():
        pass
    superuser.execute("ALTER TABLE audit_tree_node DISABLE TRIGGER USER")
    superuser.execute("UPDATE audit_tree_node SET hash = sha256('x') WHERE chain = 'general' AND index = 0")
    with pytest.raises(ChainBroken):
        await world.segments.step()


async def test_what_two_persons_decided_is_deleted_and_the_rest_proves_as_before(
    world: World, links: list[Link]
) -> None:
    may, _ = await world.close_months()
    await world.hand_over(await world.decision(may))
    await world.run()
    assert await world.seqs() == [*range(513, 903)]
    kept = json.loads(world.bucket.objects["segments/general/00000000000000000512.deleted.json"][0])
    assert kept["segment"]["document"] == may.document
    proofs = ProofService(pool=world.pool, keys=world.keys, view=LenderView({}))
    [proof], [] = await proofs.of_event(UUID(int=513))
    root = root_from_path(leaf_hash(links[512].entry_hash), proof.path, index=512, size=proof.checkpoint.seq)
    assert root == proof.checkpoint.root_hash
    await replace(world.checkpoints, clock=world.clock, interval_s=0.0).sign_due()
    async with transaction(world.pool) as connection:
        assert await last_before(connection, Position("general", 902), JUNE) == 600
    assert [item.segment.last_seq for item in await world.known()] == [512, 768]


async def test_no_decision_counts_but_that_of_two_persons_about_exactly_this_after_it_was_due(world: World) -> None:
    may, june = await world.close_months()
    decision = await world.decision(may)
    digest = hashlib.sha256(decision.record.encode()).digest()
    refused = [
        await world.decision(may, approved_by=" ASHA"),
        await world.decision(may, approved_by=""),
        await world.decision(may, approved_at="2025-05-01T00:00:00Z"),
        await world.decision(may, purpose="proposal"),
        await world.decision(may, content={"kind": "erasure", "segment_sha256": may.sha256}),
        await world.decision(june),  # May was not decided about
        decision._replace(signature="00" * 64),
        decision._replace(key_id=world.signer.key_id, signature=(await world.signer.sign(digest)).hex()),
    ]
    for item in refused:
        await world.hand_over(item)
    await world.run()
    assert len(await world.seqs()) == 901 + len(refused)
    assert domain.decides(decision, may, keys=world.keys, now=world.clock.now())
    assert not domain.decides(decision, may, keys=world.keys, now=may.segment.due_at - timedelta(seconds=1))


async def test_sql_as_the_service_deletes_nothing_that_is_younger_than_its_chain_is_kept(
    world: World, superuser: psycopg.Connection
) -> None:
    may, june = await world.close_months()
    for signed in (may, june):
        async with transaction(world.pool) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):  # nobody decided
                await store.delete(connection, signed.segment, 10)
    decision = Decision("{}", "promotion-x", "00" * 64)
    async with transaction(world.pool) as connection:
        await connection.execute("SELECT audit_segment_decide('general', 768, $1, $2, $3)", *decision)
        assert await store.delete(connection, june.segment, 1) == 1  # old enough: the verifier names it
    superuser.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    superuser.execute("UPDATE audit_log SET recorded_at = now() - interval '6 years' WHERE seq = 2")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.fetchval("SELECT audit_segment_delete('general', 768, 1)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute("DELETE FROM audit_log")


async def test_failed_authentication_is_due_after_two_years(world: World, superuser: psycopg.Connection) -> None:
    history(superuser, [(datetime(2024, 10, 3, tzinfo=UTC), 256), (JUNE.replace(year=2026), 1)], "failed_auth")
    await world.close_months()
    [october] = await world.known("failed_auth")
    assert october.segment.due_at == datetime(2026, 11, 2, 18, 30, tzinfo=UTC)  # twice 366 days after it
    await world.hand_over(await world.decision(october))
    await world.run()
    assert (await world.seqs("failed_auth"), len(await world.seqs())) == ([257], 902)
