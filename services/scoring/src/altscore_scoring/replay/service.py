"""Replay: recompute a score from its evidence alone; the answer is MATCH or the cause of the difference."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.errors import NotFound
from altscore_libs.signer import PublicKeys

from altscore_scoring.clients import ObjectReader, join
from altscore_scoring.digests import code_version, guardrail_digest, sha256_hex
from altscore_scoring.errors import EvidenceMissing, ModelRefused
from altscore_scoring.gold.frame import frame_of_row
from altscore_scoring.model.bundle import load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions import store as promotions
from altscore_scoring.scores import store
from altscore_scoring.scores.domain import Monitors, Scored, score_frame
from altscore_scoring.scores.signing import RecordContext, record_of


@dataclass(frozen=True)
class Replayed:
    """The answer: MATCH, or a cause in capitals with what it concerns."""

    answer: str
    detail: str = ""


class _Cause(Exception):
    """Why a replay cannot end in MATCH."""

    def __init__(self, answer: str, detail: str = "") -> None:
        super().__init__(answer)
        self.replayed = Replayed(answer, detail)


class ReplayService:
    """Recomputes scores.

    Args:
        objects: where the model's artifacts are.
        keys: public keys of the scores' signatures.
        taxonomy: of this process.
    """

    def __init__(self, objects: ObjectReader, keys: PublicKeys, taxonomy: Taxonomy) -> None:
        self._objects = objects
        self._keys = keys
        self._taxonomy = taxonomy

    async def replay(self, connection: asyncpg.Connection, score_id: str) -> Replayed:
        """Recomputes one score.

        Raises:
            EvidenceMissing: no such score.
        """
        row = await store.score(connection, score_id)
        if row is None:
            raise EvidenceMissing(f"no score {score_id}")
        try:
            self._check_signature(row)
            evidence = await self._evidence(connection, row.evidence_digest)
            features = await self._evidence(connection, evidence["features"])
            run = await self._evidence(connection, evidence["run"])
            model = await promotions.model(connection, row.model_sha256)
            return self._compare(row, features, run=run, artifact_uri=model.artifact_uri)
        except _Cause as cause:
            return cause.replayed

    def _check_signature(self, row: store.ScoreRow) -> None:
        digest = hashlib.sha256(row.record.encode()).digest()
        if not self._keys.verify(row.key_id, digest, bytes.fromhex(row.signature)):
            raise _Cause("SIGNATURE_INVALID", row.key_id)

    async def _evidence(self, connection: asyncpg.Connection, digest: str) -> dict[str, Any]:
        body = await store.evidence(connection, digest)
        if body is None:
            raise _Cause("EVIDENCE_MISSING", digest)
        if sha256_hex(body.encode()) != digest:
            raise _Cause("EVIDENCE_DAMAGED", digest)
        record: dict[str, Any] = json.loads(body)
        return record

    def _compare(
        self, row: store.ScoreRow, features: dict[str, Any], *, run: dict[str, Any], artifact_uri: str
    ) -> Replayed:
        if run["taxonomy_digest"] != self._taxonomy.digest:
            raise _Cause("TAXONOMY_CHANGED", run["taxonomy_digest"])
        if run["guardrail_digest"] != guardrail_digest():
            raise _Cause("GUARDRAILS_CHANGED", run["guardrail_digest"])
        context = RecordContext(**{name: run[name] for name in RecordContext._fields})
        try:
            bundle = load_bundle(
                lambda name: self._objects.read(join(artifact_uri, name)),
                row.model_sha256,
                taxonomy_digest=context.taxonomy_digest,
                guardrail_digest=context.guardrail_digest,
            )
        except (ModelRefused, NotFound) as error:
            raise _Cause("MODEL_DAMAGED", error.detail) from error
        outcome = score_frame(frame_of_row(features), bundle, self._taxonomy, monitors=Monitors(**run["monitors"]))[0]
        is_same_code = run["code_version"] == code_version()
        cause = "VALUES_DIFFER" if is_same_code else "CODE_CHANGED"
        if not isinstance(outcome, Scored):
            raise _Cause(cause, f"blocked by {outcome.reason}")
        stored = json.loads(row.record)
        again = record_of(
            outcome,
            context,
            score_id=row.score_id,
            data_as_of_on=features["data_as_of_on"],
            scored_at=datetime.fromisoformat(stored["scored_at"]),
        )
        if canonical_json(again).decode() == row.record:
            return Replayed("MATCH", "" if is_same_code else "by newer code")
        different = sorted(name for name in stored.keys() | again.keys() if stored.get(name) != again.get(name))
        raise _Cause(cause, ", ".join(different))
