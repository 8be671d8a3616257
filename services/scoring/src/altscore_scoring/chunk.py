"""Scores some rows of a run: consent, engine, seals, then one transaction for rows, evidence, events and progress."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_scoring import store
from altscore_scoring.clients import Consent, Consents
from altscore_scoring.domain import Blocked, Monitors, Outcome, Scored, score_frame
from altscore_scoring.evidence import Piece, outcome_piece, piece, run_piece
from altscore_scoring.frame import GoldFrame
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.recording import Batch, write_batch
from altscore_scoring.sealing import SealContext, record_of, seal
from altscore_scoring.taxonomy import Taxonomy


class Setting(NamedTuple):
    """What every chunk of a job shares."""

    run: store.GoldRun
    bundle: Bundle
    seal: SealContext
    monitors: Monitors
    taxonomy: Taxonomy


class Slot(Protocol):
    """Where a chunk's outcomes belong: a batch job's next rows, or lenders' requests."""

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Whether these rows are still to be written; locks them."""
        ...

    async def settle(self, connection: asyncpg.Connection, outcomes: list[Outcome]) -> None:
        """Keeps the progress."""
        ...


class ChunkScorer:
    """Scores chunks.

    Args:
        pool: of the scoring database.
        outbox: for the events.
        consents: the consent service.
        signer: key `score-seal`.
        clock: for scored_at.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, consents: Consents, signer: Signer, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._consents = consents
        self._signer = signer
        self._clock = clock

    async def score(self, frame: GoldFrame, setting: Setting, slot: Slot) -> bool:
        """Scores the rows and writes them.

        Returns:
            False when nothing was written: another worker did it, or a retailer revoked while the chunk was computed,
            so that it must be done again with a fresh consent check.

        Raises:
            Unavailable: consent, key or database cannot be asked; nobody is scored.
        """
        async with transaction(self._pool) as connection:
            last_revocation = await store.last_revocation(connection)
        consents = await self._consents.check(frame.retailer_ids)
        outcomes = await asyncio.to_thread(_outcomes, frame, consents, setting)
        batch = await self._prepare(frame, outcomes, consents, setting)
        async with transaction(self._pool) as connection:
            if not await slot.claim(connection):
                return False
            if await store.is_revoked_since(connection, frame.retailer_ids, last_revocation):
                return False
            await write_batch(connection, self._outbox, batch)
            await slot.settle(connection, outcomes)
        return True

    async def _prepare(
        self, frame: GoldFrame, outcomes: list[Outcome], consents: Mapping[str, Consent], setting: Setting
    ) -> Batch:
        batch, shared = Batch(), run_piece(setting.run, setting.seal, setting.monitors)
        _keep(batch, shared)
        for index, outcome in enumerate(outcomes):
            features = piece("features", frame.row(index))
            used = setting.bundle.boosters[outcome.route].features if isinstance(outcome, Scored) else ()
            proof = outcome_piece(
                outcome,
                consents[outcome.retailer_id],
                used,
                features_digest=features.digest,
                run_digest=shared.digest,
            )
            _keep(batch, features)
            _keep(batch, proof)
            if isinstance(outcome, Scored):
                batch.scores.append(await self._sealed(frame, index, outcome, setting, proof))
                continue
            batch.blocks.append(self._block(outcome, setting, proof))
            if outcome.strangeness is not None:
                batch.anomalies[outcome.retailer_id] = outcome.strangeness
        return batch

    async def _sealed(
        self, frame: GoldFrame, index: int, scored: Scored, setting: Setting, proof: Piece
    ) -> store.ScoreRow:
        score_id, at, data_on = new_id("scr"), self._clock.now(), frame.data_as_of_on[index]
        if data_on is None:
            raise ValueError("the engine never scores a row without a data date")
        record = record_of(scored, setting.seal, score_id=score_id, data_as_of_on=data_on.isoformat(), scored_at=at)
        made = await seal(record, self._signer)
        run_id, model = setting.run.run_id, setting.seal.model_sha256
        return store.ScoreRow(score_id, scored.retailer_id, run_id, model, at, *made, proof.digest)

    def _block(self, blocked: Blocked, setting: Setting, proof: Piece) -> store.BlockRow:
        return store.BlockRow(
            new_id("blk"),
            blocked.retailer_id,
            "retailer",
            blocked.reason,
            blocked.code,
            setting.run.run_id,
            setting.seal.model_sha256,
            self._clock.now(),
            proof.digest,
        )


def _keep(batch: Batch, item: Piece) -> None:
    batch.evidence[item.digest] = (item.kind, item.body)


def _outcomes(frame: GoldFrame, consents: Mapping[str, Consent], setting: Setting) -> list[Outcome]:
    """Engine outcomes of the consented rows; the others are blocked and no model sees them."""
    allowed = [i for i, one in enumerate(frame.retailer_ids) if consents[one].is_granted]
    scored = score_frame(frame.take(allowed), setting.bundle, setting.taxonomy, setting.monitors) if allowed else []
    by_row = dict(zip(allowed, scored, strict=True))
    return [by_row.get(i) or Blocked(one, "CONSENT", "CONSENT_NOT_GRANTED") for i, one in enumerate(frame.retailer_ids)]
