"""Whoever holds one service's Kafka user and signing key, and the score service that reads what they send."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import yaml
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import Consumer, RawMessage
from altscore_libs.decoding import trusting
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.rls import ContextSigner
from altscore_libs.settings import KafkaSettings
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, SoftwareSigner
from altscore_libs.testing_events import CatalogRegistry, Topic
from altscore_score.audit.service import AuditWriter
from altscore_score.scores import events as scores
from altscore_score.scores.reader import SignatureVerifier
from altscore_score.scores.taxonomy import load_taxonomy
from pydantic import SecretStr

CATALOGUE = SchemaCatalog.load(SCHEMAS)
TOPICS: list[dict[str, Any]] = yaml.safe_load((SCHEMAS / "topics.yml").read_text(encoding="utf-8"))
SIGNED = [topic for topic in TOPICS if topic.get("signed")]
PRINCIPALS = sorted({producer for topic in TOPICS for producer in topic["producers"]})
SIGNERS = {name: SoftwareSigner(f"{name}-events") for name in PRINCIPALS}
KEYS = PublicKeys({id_: key for signer in SIGNERS.values() for id_, key in signer.public_keys()._keys.items()})
CONTEXT_KEY = secrets.token_bytes(32)
LENDER, PURPOSE = "lender_ugro", "term_loan"
KAFKA = KafkaSettings(
    kafka_bootstrap="127.0.0.1:1",
    kafka_username="x",
    kafka_password=SecretStr("x"),
    kafka_ca_file=Path("ca.pem"),
    registry_url="http://127.0.0.1:1",
)


def sample(event: str) -> dict[str, Any]:
    """The fields of a good event, of now, without its envelope."""
    (folder,) = SCHEMAS.glob(f"*/{event}")
    data: dict[str, Any] = json.loads((folder / "samples/pass/typical.json").read_text(encoding="utf-8"))
    kinds = {field["name"]: field["type"] for field in CATALOGUE.type_of(event).schema["fields"]}
    for name in ("event_id", "occurred_at", "producer", "producer_seq", "trace_id"):
        del data[name]
    for name, value in data.items():
        if "timestamp-micros" in json.dumps(kinds[name]) and value is not None:
            data[name] = datetime.now(UTC) - timedelta(minutes=1)
    return data


async def send(
    topic: Topic,
    event: str,
    data: Mapping[str, Any],
    *,
    claims: str,
    signer: SoftwareSigner | None,
    key: str = "k",
    occurred_at: datetime | None = None,
    event_id: UUID | None = None,
) -> RawMessage:
    """An event that claims to be of a producer, signed with whatever key the sender has."""
    return await topic.event(
        event,
        data,
        key=key,
        producer=claims,
        occurred_at=occurred_at or datetime.now(UTC),
        signer=signer,
        event_id=event_id,
    )


class ScoreProjection:
    """The projection of the score service as its worker runs it, on a database of its own."""

    def __init__(self, pool: asyncpg.Pool, database: Database) -> None:
        self._database = database
        self.pool = pool
        self.registry = CatalogRegistry(CATALOGUE)
        self.score_signer = SoftwareSigner("score-seal")
        outbox = Outbox(CATALOGUE, "score", SystemClock(), mac_key=OUTBOX_KEY)
        verifier = SignatureVerifier(self.score_signer.public_keys(), load_taxonomy(SCHEMAS))
        projection = scores.Projection(ContextSigner(CONTEXT_KEY), verifier, AuditWriter(pool, outbox))
        self.consumer = Consumer(
            pool,
            CATALOGUE,
            KAFKA,
            group="score",
            topics=scores.TOPICS,
            handlers=projection.handlers(),
            decoder=trusting(CATALOGUE, self.registry, EventVerifier(KEYS)),
            only_taking_away=scores.ONLY_TAKING_AWAY,
        )

    def topic(self, name: str) -> Topic:
        """A topic that begins."""
        return Topic(CATALOGUE, self.registry, name)

    async def arrive(self, *messages: RawMessage) -> None:
        """Handles a batch as the worker does."""
        await self.consumer._apply_batch(messages)

    async def query(self, statement: str, *values: object) -> Any:
        """One value, past row-level security."""
        connection = await asyncpg.connect(self._database.superuser_dsn)
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()

    async def put_context_key(self) -> None:
        """As `migrate` does."""
        owner = await asyncpg.connect(self._database.owner_dsn)
        try:
            await owner.execute(
                "INSERT INTO context_key (key) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET key = excluded.key",
                CONTEXT_KEY,
            )
        finally:
            await owner.close()

    async def is_consented(self, retailer_id: str) -> bool:
        """Whether the projection holds a grant of the retailer."""
        statement = "SELECT EXISTS (SELECT FROM consent_grant WHERE retailer_id = $1 AND is_active)"
        return bool(await self.query(statement, retailer_id))


def consent_data(event: str, retailer_id: str, version: int, **change: Any) -> dict[str, Any]:
    """The fields of a grant or a withdrawal."""
    return (
        sample(event)
        | {
            "consent_id": f"cns_{version:032x}",
            "retailer_id": retailer_id,
            "lender_scope": [LENDER],
            "purpose": PURPOSE,
            "version": version,
        }
        | change
    )


def block_data(retailer_id: str, **change: Any) -> dict[str, Any]:
    """The fields of a block of a retailer."""
    fields = {"block_id": f"blk_{secrets.token_hex(16)}", "retailer_id": retailer_id, "scope": "retailer"}
    return sample("score.blocked") | fields | {"reason": "GR-2", "code": "MANUAL_REVIEW_REQUIRED"} | change
