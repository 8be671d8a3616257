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
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Received
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.settings import KafkaSettings
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, SoftwareSigner
from altscore_scoring.challengers.service import ShadowService
from altscore_scoring.clients import Consent, FileReader
from altscore_scoring.decisions.events import DecisionEvents
from altscore_scoring.digests import guardrail_digest, sha256_hex
from altscore_scoring.erasures.events import ErasureEvents
from altscore_scoring.freezes.service import FreezeService
from altscore_scoring.gold.reader import GoldCache
from altscore_scoring.model.taxonomy import Taxonomy, load_taxonomy
from altscore_scoring.promotions.events import PromotionEvents
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.promotions.service import PromotionService
from altscore_scoring.requests.events import RequestEvents
from altscore_scoring.requests.service import RequestService
from altscore_scoring.revocations.events import RevocationEvents
from altscore_scoring.revocations.service import RevocationService
from altscore_scoring.runs.events import RunEvents
from altscore_scoring.runs.service import RunService
from altscore_scoring.runs.worker import RunWorker
from altscore_scoring.scores.service import ScoringService
from altscore_scoring.scores.signing import instant_text
from pydantic import SecretStr

AT = datetime(2026, 5, 19, 22, 14, 7, tzinfo=UTC)
AS_OF = date(2026, 5, 19)
CHUNK_ROWS = 50
VAULT, PROMOTER = SoftwareSigner("erasure-signing"), SoftwareSigner("promotion")


class Consenting:
    """The consent service as scoring sees it: who is listed in `refused` has no consent; it can be out of reach."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.version = 7
        self.is_reachable = True
        self.asked: list[int] = []

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for each retailer."""
        if not self.is_reachable:
            raise Unavailable("the consent service is not available")
        self.asked.append(len(retailer_ids))
        return {item: self._answer(item) for item in retailer_ids}

    def _answer(self, retailer_id: str) -> Consent:
        if retailer_id in self.refused:
            return Consent(False, self.version)
        return Consent(True, self.version, f"cns_{retailer_id.removeprefix('ret_')}")


class TrustedKeys(PublicKeys):
    """The folder of public keys: those of promotions and of the engine."""

    def __init__(self, *signers: SoftwareSigner) -> None:
        super().__init__({})
        self._signers = list(signers)

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """By the key of that id."""
        return any(item.public_keys().verify(key_id, message_digest, signature) for item in self._signers)


@dataclass
class World:
    """A worker without Kafka: events go in through `deliver`, work is done by `work`."""

    pool: asyncpg.Pool
    consumer: Consumer
    worker: RunWorker
    consents: Consenting
    clock: FixedClock
    catalog: SchemaCatalog
    signer: SoftwareSigner
    promoter: SoftwareSigner
    folder: Path
    caches: tuple[GoldCache, ModelCache]
    events: list[int] = field(default_factory=list)

    async def deliver(self, name: str, key: str, **data: Any) -> None:
        """Applies one event as the consumer would."""
        self.events.append(1)
        topic = self.catalog.topic_of(name)
        event = Received(
            event_id=uuid4(),
            name=name,
            topic=topic,
            key=key,
            occurred_at=self.clock.now(),
            producer="test",
            producer_seq=len(self.events),
            data=data,
        )
        assert await self.consumer.apply(event)

    async def work(self) -> int:
        """Steps until there is nothing to do; returns how many steps that took."""
        steps = 0
        while await self.worker.step():
            steps += 1
            assert steps < 200, "the loop never rests"
        return steps

    async def model_in_use(self) -> str | None:
        """Where the model lies that this worker scores with."""
        async with self.pool.acquire() as connection:
            promotion = await self.caches[1].active(connection)
        return None if promotion is None else promotion.artifact_uri

    async def outbox(self, name: str) -> list[dict[str, Any]]:
        """The events of that name, in order."""
        rows = await self.pool.fetch("SELECT payload FROM outbox WHERE name = $1 ORDER BY id", name)
        return [self.catalog.decode(name, row["payload"]) for row in rows]

    async def audits(self, action: str) -> list[dict[str, Any]]:
        """The audit events of that action."""
        return [event for event in await self.outbox("audit_event") if event["action"] == action]

    async def promote(self, folder: Path, model_sha256: str, **changes: Any) -> None:
        """Delivers a promotion of a bundle folder, signed by two people; `changes` go into the signed record."""
        record = {
            "promotion_id": new_id("prm"),
            "model_name": "altscore-xgb",
            "model_version": "1",
            "model_sha256": model_sha256,
            "artifact_uri": str(folder),
            "taxonomy_digest": load_taxonomy(SCHEMAS).digest,
            "guardrail_digest": guardrail_digest(),
            "evaluation": {"auroc": 0.8, "air_min": 0.9},
            "proposed_by": "op_asha",
            "approved_by": "op_ravi",
            "approved_at": instant_text(self.clock.now()),
        } | changes
        raw = canonical_json(record)
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

    async def decide(self, kind: str, **fields: Any) -> str:
        """Delivers a decision, signed by two people; `fields` go into the signed record. Returns its id."""
        record = {
            "decision_id": new_id("dec"),
            "kind": kind,
            "model_name": "altscore-xgb",
            "proposed_by": "op_asha",
            "approved_by": "op_ravi",
            "approved_at": instant_text(self.clock.now()),
        } | fields
        raw = canonical_json(record)
        signature = await self.promoter.sign(hashlib.sha256(raw).digest())
        await self.deliver(
            "model.decided",
            "altscore-xgb",
            **{name: record[name] for name in ("decision_id", "kind", "model_name")},
            decision_record=raw.decode(),
            signature_key_id=self.promoter.key_id,
            signature=signature.hex(),
            decided_at=self.clock.now(),
        )
        return str(record["decision_id"])

    async def challenge(self, folder: Path, model_sha256: str) -> str:
        """Delivers the naming of a challenger."""
        return await self.decide("challenger", model_version="2", model_sha256=model_sha256, artifact_uri=str(folder))

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


def nowhere(folder: Path) -> KafkaSettings:
    """A broker that is never asked."""
    return KafkaSettings(
        kafka_bootstrap="localhost:1",
        kafka_username="scoring",
        kafka_password=SecretStr("-"),
        kafka_ca_file=folder,
        registry_url="http://localhost:1",
    )


def make_world(pool: asyncpg.Pool, folder: Path, taxonomy: Taxonomy, **parts: Any) -> World:
    """A worker process; made twice on one database, the second is the process after kill -9."""
    catalog, clock = SchemaCatalog.load(SCHEMAS), parts.get("clock") or FixedClock(AT)
    signer = parts.get("signer") or SoftwareSigner("score-seal")
    promoter = parts.get("promoter") or PROMOTER
    consents, objects = parts.get("consents") or Consenting(), FileReader()
    outbox = Outbox(catalog, "scoring", clock, mac_key=OUTBOX_KEY)
    keys = TrustedKeys(promoter, signer)
    handlers = {
        **RunEvents(clock).handlers(),
        **PromotionEvents(outbox, keys, clock).handlers(),
        **DecisionEvents(outbox, keys, clock).handlers(),
        **RevocationEvents(clock).handlers(),
        **RequestEvents(clock).handlers(),
        **ErasureEvents(VAULT.public_keys(), outbox=outbox, clock=clock).handlers(),
    }
    gold, models = parts.get("caches") or (GoldCache(objects), ModelCache(objects, taxonomy, keys))
    scoring = ScoringService(pool, outbox, consents=consents, signer=signer, clock=clock)
    shared: dict[str, Any] = {
        "gold": gold,
        "models": models,
        "scoring": scoring,
        "clock": clock,
        "chunk_rows": CHUNK_ROWS,
    }
    worker = RunWorker(
        promotions=PromotionService(pool, outbox, models=models, keys=keys, signer=signer, clock=clock),
        revocations=RevocationService(
            pool, outbox, consents=consents, signer=signer, clock=clock, chunk_rows=CHUNK_ROWS
        ),
        runs=RunService(pool, outbox, consents=consents, **shared),
        requests=RequestService(pool, **shared),
        freezes=FreezeService(pool, outbox, keys=keys, signer=signer, clock=clock),
        shadows=ShadowService(
            pool,
            outbox,
            keys=keys,
            gold=gold,
            consents=consents,
            models=ModelCache(objects, taxonomy, keys),
            clock=clock,
            chunk_rows=CHUNK_ROWS,
        ),
    )
    consumer = Consumer(pool, catalog, nowhere(folder), group="scoring", topics=["-"], handlers=handlers)
    return World(
        pool=pool,
        consumer=consumer,
        worker=worker,
        consents=consents,
        clock=clock,
        catalog=catalog,
        signer=signer,
        promoter=promoter,
        folder=folder,
        caches=(gold, models),
    )
