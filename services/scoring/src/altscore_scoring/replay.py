"""Replay: recompute a score from its evidence alone; the answer is MATCH or the cause of the difference."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.errors import NotFound
from altscore_libs.signer import PublicKeys

from altscore_scoring import store
from altscore_scoring.canon import canonical, code_version, sha256_hex
from altscore_scoring.domain import Monitors, Scored, score_frame
from altscore_scoring.errors import EvidenceMissing, ModelRefused
from altscore_scoring.frame import frame_of_row
from altscore_scoring.guardrails.checks import guardrail_digest
from altscore_scoring.model.bundle import load_bundle
from altscore_scoring.objects import Objects, join
from altscore_scoring.sealing import SealContext, record_of
from altscore_scoring.taxonomy import Taxonomy


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


class Replayer:
    """Recomputes scores.

    Args:
        objects: where the model's artifacts are.
        keys: public keys of the seals.
        taxonomy: of this process.
    """

    def __init__(self, objects: Objects, keys: PublicKeys, taxonomy: Taxonomy) -> None:
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
            self._check_seal(row)
            proof = await self._evidence(connection, row.evidence_digest)
            features = await self._evidence(connection, proof["features"])
            shared = await self._evidence(connection, proof["run"])
            model = await store.model(connection, row.model_sha256)
            return self._compare(row, features, shared, model.artifact_uri)
        except _Cause as cause:
            return cause.replayed

    def _check_seal(self, row: store.ScoreRow) -> None:
        digest = hashlib.sha256(row.sealed_record.encode()).digest()
        if not self._keys.verify(row.seal_key_id, digest, bytes.fromhex(row.seal)):
            raise _Cause("SEAL_BROKEN", row.seal_key_id)

    async def _evidence(self, connection: asyncpg.Connection, digest: str) -> dict[str, Any]:
        body = await store.evidence(connection, digest)
        if body is None:
            raise _Cause("EVIDENCE_MISSING", digest)
        if sha256_hex(body.encode()) != digest:
            raise _Cause("EVIDENCE_DAMAGED", digest)
        found: dict[str, Any] = json.loads(body)
        return found

    def _compare(
        self, row: store.ScoreRow, features: dict[str, Any], shared: dict[str, Any], artifact_uri: str
    ) -> Replayed:
        if shared["taxonomy_digest"] != self._taxonomy.digest:
            raise _Cause("TAXONOMY_CHANGED", shared["taxonomy_digest"])
        if shared["guardrail_digest"] != guardrail_digest():
            raise _Cause("GUARDRAILS_CHANGED", shared["guardrail_digest"])
        context = SealContext(**{name: shared[name] for name in SealContext._fields})
        try:
            bundle = load_bundle(
                lambda name: self._objects.read(join(artifact_uri, name)),
                row.model_sha256,
                taxonomy_digest=context.taxonomy_digest,
                guardrail_digest=context.guardrail_digest,
            )
        except (ModelRefused, NotFound) as error:
            raise _Cause("MODEL_DAMAGED", error.detail) from error
        outcome = score_frame(frame_of_row(features), bundle, self._taxonomy, Monitors(**shared["monitors"]))[0]
        is_same_code = shared["code_version"] == code_version()
        cause = "VALUES_DIFFER" if is_same_code else "CODE_CHANGED"
        if not isinstance(outcome, Scored):
            raise _Cause(cause, f"blocked by {outcome.reason}")
        sealed = json.loads(row.sealed_record)
        again = record_of(
            outcome,
            context,
            score_id=row.score_id,
            data_as_of_on=features["data_as_of_on"],
            scored_at=datetime.fromisoformat(sealed["scored_at"]),
        )
        if canonical(again).decode() == row.sealed_record:
            return Replayed("MATCH", "" if is_same_code else "by newer code")
        different = sorted(name for name in sealed.keys() | again.keys() if sealed.get(name) != again.get(name))
        raise _Cause(cause, ", ".join(different))
