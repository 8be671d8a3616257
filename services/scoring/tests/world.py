"""The worker as a test sees it: no Kafka, no store of objects, the consent service as a plain object."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pyarrow as pa
import pyarrow.parquet as pq
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Received
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.settings import KafkaSettings
from altscore_libs.signer import canonical
from altscore_libs.testing import SCHEMAS, SoftwareSigner
from altscore_scoring.canon import sha256_hex
from altscore_scoring.chunk import ChunkScorer
from altscore_scoring.clients import Consent
from altscore_scoring.guardrails.checks import guardrail_digest
from altscore_scoring.handlers import Inbound
from altscore_scoring.objects import FolderObjects
from altscore_scoring.runs import Pace, RunLoop
from altscore_scoring.shelf import Shelf
from altscore_scoring.taxonomy import Taxonomy, load_taxonomy

AT = datetime(2026, 5, 19, 22, 14, 7, tzinfo=UTC)
AS_OF = date(2026, 5, 19)


class Consenting:
    """The consent service as scoring sees it: who is listed in `refused` has no consent; it can be out of reach."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.is_reachable = True
        self.asked: list[int] = []

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for each retailer."""
        if not self.is_reachable:
            raise Unavailable("the consent service is not available")
        self.asked.append(len(retailer_ids))
        return {one: Consent(one not in self.refused, 7) for one in retailer_ids}


@dataclass
class World:
    """A worker without Kafka: events go in through `deliver`, work is done by `work`."""

    pool: asyncpg.Pool
    consumer: Consumer
    loop: RunLoop
    consents: Consenting
    clock: FixedClock
    catalogue: SchemaCatalog
    sealer: SoftwareSigner
    promoter: SoftwareSigner
    folder: Path
    events: list[int] = field(default_factory=list)

    async def deliver(self, name: str, key: str, **data: Any) -> None:
        """Applies one event as the consumer would."""
        self.events.append(1)
        topic = self.catalogue.topic_of(name)
        event = Received(uuid4(), name, topic, key, self.clock.now(), "test", len(self.events), data)
        assert await self.consumer.apply(event)

    async def work(self) -> int:
        """Steps until there is nothing to do; returns how many steps that took."""
        steps = 0
        while await self.loop.step():
            steps += 1
            assert steps < 200, "the loop never rests"
        return steps

    async def outbox(self, name: str) -> list[dict[str, Any]]:
        """The events of that name, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = $1 ORDER BY id", name)
        return [self.catalogue.decode(name, row["payload"]) for row in rows]

    async def audits(self, action: str) -> list[dict[str, Any]]:
        """The audit events of that action."""
        return [one for one in await self.outbox("audit_event") if one["action"] == action]

    async def promote(self, folder: Path, model_sha256: str, **changes: Any) -> None:
        """Delivers a promotion of a bundle folder, signed by two people; `changes` go into the signed record."""
        record = {
            "promotion_id": "prm_1",
            "model_name": "altscore-xgb",
            "model_version": "1",
            "model_sha256": model_sha256,
            "artifact_uri": str(folder),
            "taxonomy_digest": load_taxonomy(SCHEMAS).digest,
            "guardrail_digest": guardrail_digest(),
            "evaluation": {"auroc": 0.8, "air_min": 0.9},
            "proposed_by": "op_asha",
            "approved_by": "op_ravi",
            "approved_at": "2026-05-19T10:00:00Z",
        } | changes
        raw = canonical(record)
        signature = await self.promoter.sign(hashlib.sha256(raw).digest())
        names = ("promotion_id", "model_name", "model_version", "model_sha256", "artifact_uri")
        await self.deliver(
            "model.promoted",
            "altscore-xgb",
            **{name: record[name] for name in (*names, "taxonomy_digest", "guardrail_digest")},
            promotion_record=raw.decode(),
            signature_key_id=self.promoter.key_id,
            signature=signature.hex(),
            promoted_at=self.clock.now(),
        )

    async def announce(self, table: pa.Table, run_id: str = "run_01") -> Path:
        """Writes a Gold run to disk and delivers pipeline.gold.ready; returns its folder."""
        folder = self.folder / "gold" / f"run={run_id}"
        part = folder / "retailer_features" / "part-0.parquet"
        part.parent.mkdir(parents=True)
        pq.write_table(table, part)
        entry = {"name": "retailer_features/part-0.parquet", "sha256": sha256_hex(part.read_bytes())}
        manifest = {
            "run_id": run_id,
            "files": [entry | {"rows": table.num_rows, "bytes": part.stat().st_size}],
            "retailers": table.num_rows,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        await self.deliver(
            "pipeline.gold.ready",
            run_id,
            run_id=run_id,
            run_key="k" * 64,
            manifest_uri=str(folder / "manifest.json"),
            manifest_sha256=sha256_hex((folder / "manifest.json").read_bytes()),
            as_of_on=AS_OF,
            retailers=table.num_rows,
            consent_version=5,
        )
        return folder


def make_world(pool: asyncpg.Pool, folder: Path, taxonomy: Taxonomy, **known: Any) -> World:
    """A worker process; made twice on one database it is the one that comes after kill -9."""
    catalogue, clock = SchemaCatalog.load(SCHEMAS), known.get("clock") or FixedClock(AT)
    sealer = known.get("sealer") or SoftwareSigner("score-seal")
    promoter = known.get("promoter") or SoftwareSigner("promotion")
    consents, objects = known.get("consents") or Consenting(), FolderObjects()
    outbox = Outbox(catalogue, "scoring", clock)
    kafka = KafkaSettings(
        kafka_bootstrap="localhost:1",
        kafka_username="scoring",
        kafka_password="-",
        kafka_ca_file=folder,
        registry_url="http://localhost:1",
    )
    handlers = Inbound(outbox, promoter.public_keys(), clock).handlers()
    loop = RunLoop(
        pool,
        outbox,
        objects,
        consents=consents,
        shelf=Shelf(pool, outbox, objects, taxonomy, clock),
        scorer=ChunkScorer(pool, outbox, consents, sealer, clock),
        clock=clock,
        pace=Pace(chunk_rows=50),
    )
    consumer = Consumer(pool, catalogue, kafka, group="scoring", topics=["-"], handlers=handlers)
    return World(pool, consumer, loop, consents, clock, catalogue, sealer, promoter, folder)
