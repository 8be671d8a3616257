"""Replay: recompute a score or a block from its evidence alone; the answer is MATCH or the cause of the difference."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.errors import NotFound
from altscore_libs.signer import PublicKeys

from altscore_scoring.clients import Consent, ObjectReader, join
from altscore_scoring.digests import code_version, guardrail_digest, sha256_hex
from altscore_scoring.errors import EvidenceMissing, ModelRefused
from altscore_scoring.gold.frame import frame_of_row
from altscore_scoring.model.bundle import Bundle, load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions import store as promotions
from altscore_scoring.replay.domain import different_names
from altscore_scoring.scores import store
from altscore_scoring.scores.domain import Monitors, Outcome, Scored, no_consent, score_frame
from altscore_scoring.scores.evidence import outcome_evidence
from altscore_scoring.scores.signing import (
    KEY_LABEL,
    Provenance,
    RecordContext,
    block_record_of,
    instant_text,
    record_of,
)
from altscore_scoring.scores.store import BlockRow, ScoreRow

Row = ScoreRow | BlockRow
_PARTS = ("features", "run")  # records of evidence that an outcome's own names by their digests
BEFORE_EVIDENCE = "its signature is older than those over evidence"


@dataclass(frozen=True)
class Replayed:
    """The answer: MATCH, or a cause in capitals with what it concerns."""

    answer: str
    detail: str = ""


@dataclass(frozen=True)
class Evidence:
    """What an outcome was computed from: its own record, the retailer's features, and what the whole job shares."""

    body: dict[str, Any]
    features: dict[str, Any] | None
    run: dict[str, Any] | None

    def context(self) -> RecordContext | None:
        """What the job's records share."""
        return None if self.run is None else RecordContext(**{name: self.run[name] for name in RecordContext._fields})

    def provenance(self, evidence_digest: str | None) -> Provenance:
        """Where the outcome came from, as its signed record has to say."""
        run = self.run or {}
        return Provenance(
            run_id=run.get("run_id"),
            manifest_sha256=run.get("manifest_sha256"),
            consent_id=self.body["consent"].get("consent_id"),
            consent_version=self.body["consent"]["version"],
            evidence_digest=evidence_digest,
        )


class _Cause(Exception):
    """Why a replay cannot end in MATCH."""

    def __init__(self, answer: str, detail: str = "") -> None:
        super().__init__(answer)
        self.replayed = Replayed(answer, detail)


class ReplayService:
    """Recomputes scores and blocks.

    Args:
        objects: where the model's artifacts are.
        keys: public keys of the signatures; only those of the label `score-seal` sign scores and blocks.
        taxonomy: of this process.
    """

    def __init__(self, objects: ObjectReader, keys: PublicKeys, taxonomy: Taxonomy) -> None:
        self._objects = objects
        self._keys = keys
        self._taxonomy = taxonomy

    async def replay(self, connection: asyncpg.Connection, outcome_id: str) -> Replayed:
        """Recomputes one score or block.

        Raises:
            EvidenceMissing: no such score or block.
        """
        row: Row | None = await store.score(connection, outcome_id) or await store.block(connection, outcome_id)
        if row is None:
            raise EvidenceMissing(f"no score or block {outcome_id}")
        try:
            return await self._replay(connection, row)
        except _Cause as cause:
            return cause.replayed

    async def evidence_of(self, connection: asyncpg.Connection, score_id: str) -> tuple[str, Evidence, Bundle]:
        """Record, evidence and model of a score whose replay has answered MATCH.

        Raises:
            EvidenceMissing: no such score, or nothing left of its evidence or model.
        """
        row = await store.score(connection, score_id)
        if row is None:
            raise EvidenceMissing(f"no score {score_id}")
        try:
            evidence = await _evidence(connection, row.evidence_digest, "score")
            place = await promotions.artifact_uri(connection, row.model_sha256)
            return row.record, evidence, self._bundle(row.model_sha256, place)
        except _Cause as cause:
            raise EvidenceMissing(cause.replayed.answer) from cause

    async def _replay(self, connection: asyncpg.Connection, row: Row) -> Replayed:
        record = self._signed_record(row)
        if record is not None:
            await self._require_signed_row(connection, row, record)
        if row.evidence_digest is None:
            raise _Cause("NO_EVIDENCE", "the audit entry says why" if _is_run_block(row) else "")
        try:
            evidence = await _evidence(connection, row.evidence_digest, _kind_of(row))
            return await self._compare(connection, row, evidence=evidence, record=record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _Cause("EVIDENCE_UNREADABLE", type(error).__name__) from error

    def _signed_record(self, row: Row) -> dict[str, Any] | None:
        """The record under the row's signature; None for a block that has none."""
        if row.record is None or row.key_id is None or row.signature is None:
            return None
        try:
            signature = bytes.fromhex(row.signature)
        except ValueError:
            signature = b""
        is_score_key = row.key_id.rpartition("-")[0] == KEY_LABEL
        digest = hashlib.sha256(row.record.encode()).digest()
        if not is_score_key or not self._keys.verify(row.key_id, digest, signature):
            raise _Cause("SIGNATURE_INVALID", row.key_id)
        record: dict[str, Any] = json.loads(row.record)
        return record

    async def _require_signed_row(self, connection: asyncpg.Connection, row: Row, record: dict[str, Any]) -> None:
        """The columns are those that were signed; a record of an earlier release repeats fewer of them."""
        columns = {
            name: instant_text(value) if isinstance(value, datetime) else value
            for name, value in row.signed_fields().items()
        }
        names = {name for name, value in columns.items() if name in record and record[name] != value}
        if "evidence_digest" in names:
            raise _Cause("EVIDENCE_DIFFERS", await _replaced_evidence(connection, row, record["evidence_digest"]))
        if names:
            raise _Cause("ROW_DIFFERS", ", ".join(sorted(names)))

    async def _compare(
        self, connection: asyncpg.Connection, row: Row, *, evidence: Evidence, record: dict[str, Any] | None
    ) -> Replayed:
        outcome = await self._outcome(connection, row, evidence)
        is_same_code = evidence.run is None or evidence.run["code_version"] == code_version()
        cause = "VALUES_DIFFER" if is_same_code else "CODE_CHANGED"
        provenance = evidence.provenance(row.evidence_digest)
        if isinstance(row, ScoreRow):
            if not isinstance(outcome, Scored):
                raise _Cause(cause, f"blocked by {outcome.reason}")
            again = _score_record(row, outcome, evidence=evidence, record=record or {}, provenance=provenance)
        elif isinstance(outcome, Scored):
            raise _Cause(cause, "not blocked")
        else:
            fields = row.signed_fields() | {"reason": outcome.reason, "code": outcome.code}
            again = block_record_of(fields | {"retailer_id": outcome.retailer_id}, evidence.context(), provenance)
            record = record or block_record_of(row.signed_fields(), evidence.context(), provenance)
        names = different_names(record or {}, again)
        if isinstance(row, ScoreRow) and evidence.run is not None and row.run_id != evidence.run["run_id"]:
            names = [*names, "run_id"]
        same = outcome_evidence(
            outcome,
            Consent(**evidence.body["consent"]),
            features_digest=evidence.body["features"],
            run_digest=evidence.body["run"],
        )
        names += different_names(evidence.body, json.loads(same.body), ignores_additions=not is_same_code)
        if names:
            raise _Cause(cause, ", ".join(sorted(set(names))))
        if row.record is None:
            raise _Cause("NOT_SIGNED", "the values are those of its evidence")
        notes = ["" if is_same_code else "by newer code", "" if provenance_is_signed(record) else BEFORE_EVIDENCE]
        return Replayed("MATCH", "; ".join(note for note in notes if note))

    async def _outcome(self, connection: asyncpg.Connection, row: Row, evidence: Evidence) -> Outcome:
        """What the engine makes of the evidence; without a consent no model sees it."""
        if evidence.run is not None:
            if evidence.run["taxonomy_digest"] != self._taxonomy.digest:
                raise _Cause("TAXONOMY_CHANGED", evidence.run["taxonomy_digest"])
            if evidence.run["guardrail_digest"] != guardrail_digest():
                raise _Cause("GUARDRAILS_CHANGED", evidence.run["guardrail_digest"])
        if not evidence.body["consent"]["is_granted"]:
            return no_consent(evidence.body["retailer_id"])
        if evidence.features is None or evidence.run is None:
            raise _Cause("EVIDENCE_MISSING", "features" if evidence.features is None else "run")
        model_sha256 = str(row.model_sha256)
        bundle = self._bundle(model_sha256, await promotions.artifact_uri(connection, model_sha256))
        monitors = Monitors(**evidence.run["monitors"])
        return score_frame(frame_of_row(evidence.features), bundle, self._taxonomy, monitors=monitors)[0]

    def _bundle(self, model_sha256: str, artifact_uri: str) -> Bundle:
        try:
            return load_bundle(
                lambda name: self._objects.read(join(artifact_uri, name)),
                model_sha256,
                taxonomy_digest=self._taxonomy.digest,
                guardrail_digest=guardrail_digest(),
            )
        except (ModelRefused, NotFound) as error:
            raise _Cause("MODEL_DAMAGED", error.detail) from error


def provenance_is_signed(record: dict[str, Any] | None) -> bool:
    """Whether a signed record names its evidence."""
    return record is not None and "evidence_digest" in record


def _score_record(
    row: ScoreRow, scored: Scored, *, evidence: Evidence, record: dict[str, Any], provenance: Provenance
) -> dict[str, Any]:
    context = evidence.context()
    if context is None or evidence.features is None:
        raise _Cause("EVIDENCE_MISSING", "run")
    return record_of(
        scored,
        context,
        score_id=row.score_id,
        data_as_of_on=evidence.features["data_as_of_on"],
        scored_at=row.scored_at,
        provenance=provenance if provenance_is_signed(record) else None,
    )


def _kind_of(row: Row) -> str:
    return "score" if isinstance(row, ScoreRow) else "block"


def _is_run_block(row: Row) -> bool:
    return isinstance(row, BlockRow) and row.scope == "run"


async def _evidence(connection: asyncpg.Connection, digest: str, kind: str) -> Evidence:
    body = await _record(connection, digest, kind)
    features = None if body["features"] is None else await _record(connection, body["features"], "features")
    run = None if body["run"] is None else await _record(connection, body["run"], "run")
    return Evidence(body, features, run)


async def _record(connection: asyncpg.Connection, digest: Any, kind: str) -> dict[str, Any]:
    item = await store.evidence(connection, str(digest))
    if item is None:
        raise _Cause("EVIDENCE_MISSING", digest)
    if not item.body:
        raise _Cause("EVIDENCE_ERASED", digest)
    if sha256_hex(item.body.encode()) != digest or item.kind != kind:
        raise _Cause("EVIDENCE_DAMAGED", digest)
    record: dict[str, Any] = json.loads(item.body)
    return record


async def _replaced_evidence(connection: asyncpg.Connection, row: Row, signed_digest: str | None) -> str:
    """What is other in the evidence that a row names now than in that which was signed, as far as both are there."""
    if row.evidence_digest is None or signed_digest is None:
        return "evidence_digest"
    signed = await _whole(connection, signed_digest, _kind_of(row))
    named = await _whole(connection, row.evidence_digest, _kind_of(row))
    if not isinstance(signed, dict) or not isinstance(named, dict):
        return "evidence_digest"
    return ", ".join(different_names(signed, named)) or "evidence_digest"


async def _whole(connection: asyncpg.Connection, digest: Any, kind: str) -> Any:
    """A record of evidence with the records inside it; where it cannot be read, its digest."""
    try:
        record = await _record(connection, digest, kind)
    except (_Cause, ValueError):
        return digest
    return {name: await _whole(connection, value, name) if name in _PARTS else value for name, value in record.items()}
