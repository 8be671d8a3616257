"""Scores some rows of a run: consent, engine, signature, then one transaction for rows, evidence, events, progress."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple, Protocol

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_scoring.clients import Consent, ConsentChecker
from altscore_scoring.digests import code_version
from altscore_scoring.erasures.store import erased_among
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.revocations import store as revocations
from altscore_scoring.runs.domain import GoldRun
from altscore_scoring.scores.domain import Blocked, Monitors, Outcome, Scored, no_consent, score_frame
from altscore_scoring.scores.evidence import evidence_item, outcome_evidence, run_evidence
from altscore_scoring.scores.persistence import Batch, write_batch
from altscore_scoring.scores.signing import (
    UNSIGNED,
    Provenance,
    RecordContext,
    block_record_of,
    record_of,
    sign_record,
    sign_texts,
)
from altscore_scoring.scores.store import BlockRow, ScoreRow


class JobContext(NamedTuple):
    """What every chunk of a job shares."""

    run: GoldRun
    bundle: Bundle
    record: RecordContext
    monitors: Monitors
    taxonomy: Taxonomy


class Progress(Protocol):
    """Where a chunk's outcomes belong: a batch job's next rows, or lenders' requests."""

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Whether these rows are still to be written; locks them."""
        ...

    async def save(self, connection: asyncpg.Connection, outcomes: list[Outcome]) -> None:
        """Keeps what has become of the rows."""
        ...


class ScoringService:
    """Scores chunks of rows.

    Args:
        pool: of the scoring database.
        outbox: for the events.
        consents: the consent service.
        signer: key `score-seal`.
        clock: for scored_at.
    """

    def __init__(
        self, pool: asyncpg.Pool, outbox: Outbox, *, consents: ConsentChecker, signer: Signer, clock: Clock
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._consents = consents
        self._signer = signer
        self._clock = clock

    async def score(self, frame: GoldFrame, context: JobContext, progress: Progress) -> bool:
        """Scores the rows and writes them; of erased retailers nothing is asked, computed or written.

        Returns:
            False when nothing was written: another worker did it, or a retailer revoked or was erased while the chunk
            was computed, so that it must be done again with a fresh consent check.

        Raises:
            Unavailable: consent, key or database cannot be reached; nobody is scored.
        """
        async with transaction(self._pool) as connection:
            last_revocation = await revocations.last_revocation(connection)
            erased = await erased_among(connection, frame.retailer_ids)
        if erased:
            frame = frame.take([i for i, retailer_id in enumerate(frame.retailer_ids) if retailer_id not in erased])
        consents = await self._consents.check(frame.retailer_ids)
        outcomes = await asyncio.to_thread(outcomes_of, frame, consents, context)
        batch = await self.prepare(frame, outcomes, consents=consents, context=context)
        async with transaction(self._pool) as connection:
            if not await progress.claim(connection):
                return False
            if await revocations.is_revoked_since(connection, frame.retailer_ids, last_revocation):
                return False
            if await erased_among(connection, frame.retailer_ids):
                return False
            await write_batch(connection, self._outbox, batch)
            await progress.save(connection, outcomes)
        return True

    async def prepare(
        self, frame: GoldFrame, outcomes: list[Outcome], *, consents: Mapping[str, Consent], context: JobContext
    ) -> Batch:
        """Signed scores, blocks and evidence of these outcomes, ready to be written."""
        batch = Batch()
        unsigned = await asyncio.to_thread(
            self._unsigned, frame, outcomes, consents=consents, context=context, batch=batch
        )
        signed = await sign_texts([raw for _, raw in unsigned], self._signer)
        for (row, _), signature in zip(unsigned, signed, strict=True):
            batch.add(row._replace(**signature._asdict()))
        return batch

    def _unsigned(
        self,
        frame: GoldFrame,
        outcomes: list[Outcome],
        *,
        consents: Mapping[str, Consent],
        context: JobContext,
        batch: Batch,
    ) -> list[tuple[ScoreRow | BlockRow, bytes]]:
        """Rows without signatures, each with its record's canonical bytes; the batch keeps evidence and anomalies."""
        unsigned: list[tuple[ScoreRow | BlockRow, bytes]] = []
        run = run_evidence(context.run, context.record, context.monitors, code_version=code_version())
        batch.keep(run)
        for index, outcome in enumerate(outcomes):
            consent = consents[outcome.retailer_id]
            features = evidence_item("features", frame.row(index))
            evidence = outcome_evidence(outcome, consent, features_digest=features.digest, run_digest=run.digest)
            batch.keep(features)
            batch.keep(evidence)
            provenance = Provenance(
                run_id=context.run.run_id,
                manifest_sha256=context.run.manifest_sha256,
                consent_id=consent.consent_id,
                consent_version=consent.version,
                evidence_digest=evidence.digest,
            )
            if isinstance(outcome, Scored):
                data_on = frame.data_as_of_on[index]
                unsigned.append(self._score(outcome, data_on, context=context, provenance=provenance))
                continue
            unsigned.append(self._block(outcome, context, provenance))
            if outcome.anomaly is not None:
                batch.anomalies[outcome.retailer_id] = outcome.anomaly
        return unsigned

    def _score(
        self, scored: Scored, data_on: date | None, *, context: JobContext, provenance: Provenance
    ) -> tuple[ScoreRow, bytes]:
        score_id, at = new_id("scr"), self._clock.now()
        if data_on is None or provenance.evidence_digest is None:
            raise ValueError("the engine never scores a row without a data date and evidence")
        record = record_of(
            scored,
            context.record,
            score_id=score_id,
            data_as_of_on=data_on.isoformat(),
            scored_at=at,
            provenance=provenance,
        )
        row = ScoreRow(
            score_id=score_id,
            retailer_id=scored.retailer_id,
            run_id=context.run.run_id,
            model_sha256=context.record.model_sha256,
            scored_at=at,
            **UNSIGNED._asdict(),
            evidence_digest=provenance.evidence_digest,
        )
        return row, canonical_json(record)

    def _block(self, blocked: Blocked, context: JobContext, provenance: Provenance) -> tuple[BlockRow, bytes]:
        row = BlockRow(
            block_id=new_id("blk"),
            retailer_id=blocked.retailer_id,
            scope="retailer",
            reason=blocked.reason,
            code=blocked.code,
            run_id=context.run.run_id,
            model_sha256=context.record.model_sha256,
            blocked_at=self._clock.now(),
            evidence_digest=provenance.evidence_digest,
        )
        return row, canonical_json(block_record_of(row.signed_fields(), context.record, provenance))


async def signed_block(
    row: BlockRow, context: RecordContext | None, *, provenance: Provenance, signer: Signer
) -> BlockRow:
    """The row with the signature over its record."""
    signed = await sign_record(block_record_of(row.signed_fields(), context, provenance), signer)
    return row._replace(**signed._asdict())


def outcomes_of(frame: GoldFrame, consents: Mapping[str, Consent], context: JobContext) -> list[Outcome]:
    """Engine outcomes of the consented rows; the others are blocked and no model sees them."""
    rows = [index for index, retailer_id in enumerate(frame.retailer_ids) if consents[retailer_id].is_granted]
    scored = score_frame(frame.take(rows), context.bundle, context.taxonomy, monitors=context.monitors) if rows else []
    by_row = dict(zip(rows, scored, strict=True))
    return [by_row.get(index) or no_consent(retailer_id) for index, retailer_id in enumerate(frame.retailer_ids)]
