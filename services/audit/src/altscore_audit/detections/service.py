"""Feeds the rules of alerting with entries as they are chained, and keeps what they find."""

import logging

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_audit.chain import store as chains
from altscore_audit.detections import store
from altscore_audit.detections.domain import LOOKBACK, Detection, Detector
from altscore_audit.detections.store import Position

_PAGE = 1_000
_log = logging.getLogger("altscore.audit.detections")


class DetectionService:
    """Reads on from a stored position. After a start, or a failure, the last eight days are read again, silently.

    Args:
        pool: of the audit database.
        clock: of what is due without an entry.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool, self._clock = pool, clock
        self._detector = Detector()
        self._fed: list[Position] = []  # up to where

    async def read_next(self) -> bool:
        """Reads the next entries of every chain; whether there may be more.

        Raises:
            Unavailable: the database; nothing is lost, the entries are read again.
        """
        async with transaction(self._pool) as connection:
            positions = await store.positions(connection)
        if positions != self._fed:  # a start, a failure, or another process read on
            self._detector = await self._with_the_past(positions)
        self._fed, fed = [], []
        overdue = self._detector.tick(self._clock.now())
        for position in positions:
            fed.append(await self._read(position, [each for each in overdue if each.chain == position.chain]))
        self._fed = fed
        return any(after.read_seq - before.read_seq == _PAGE for before, after in zip(positions, fed, strict=True))

    async def _read(self, position: Position, overdue: list[Detection]) -> Position:
        """Up to where the detector has been fed."""
        async with transaction(self._pool) as connection:
            links = await chains.links(connection, position.chain, after=position.read_seq, limit=_PAGE)
            detections = overdue + [detection for link in links for detection in self._detector.feed(link)]
            fed = Position(position.chain, links[-1].seq if links else position.read_seq)
            is_moved = (links or detections) and await store.add(connection, position, fed.read_seq, detections)
        for detection in detections if is_moved else ():
            _log.warning(
                "a rule of alerting was met",
                extra={"rule": detection.rule, "chain": detection.chain, "seq": detection.seq},
            )
        return fed

    async def _with_the_past(self, positions: list[Position]) -> Detector:
        detector, since = Detector(), self._clock.now() - LOOKBACK
        for position in positions:
            async with transaction(self._pool) as connection:
                seq = await store.last_before(connection, position, since)
            while seq < position.read_seq:
                async with transaction(self._pool) as connection:
                    limit = min(_PAGE, position.read_seq - seq)
                    links = await chains.links(connection, position.chain, after=seq, limit=limit)
                if not links:
                    break
                for link in links:
                    detector.feed(link)
                seq = links[-1].seq
        return detector
