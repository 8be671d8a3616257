"""Retailers whose scores, blocks or grants changed lately: a cached score that was read before is not shown.

All instants are the database's: it says when something changed, and the processes may differ.
"""

import math

import asyncpg

from altscore_score.scores import store
from altscore_score.scores.reader import CACHE_LIFE_S, LearnedChanges

MOST = 50_000


class RetailerChanges(LearnedChanges):
    """What this process knows of changes; read with the revocations, and like them at most two seconds old.

    A retailer's change is known by when this process learned of it, which is after its commit: what was read from the
    database before that instant may be older than the change. Where too many changed at once, everything that was
    cached before counts as older.

    Args:
        most: retailers remembered.
    """

    def __init__(self, *, most: int = MOST) -> None:
        super().__init__()
        self._most = most
        self._snapshot = "1:1:"

    async def refresh(self, connection: asyncpg.Connection) -> None:
        """Learns what was committed since the last time."""
        changes = await store.changes_since(connection, self._snapshot, limit=self._most + 1)
        if self._nothing_before_s == math.inf:
            self._nothing_before_s = 0.0
        for retailer_id in changes.retailer_ids:
            self._learned_at_s.pop(retailer_id, None)  # so that the oldest stand first
            self._learned_at_s[retailer_id] = changes.read_at_s
        if changes.is_cut or len(self._learned_at_s) > self._most:
            self._learned_at_s.clear()
            self._nothing_before_s = changes.read_at_s
        self._forget(changes.read_at_s - CACHE_LIFE_S)
        self._snapshot, self.read_at_s = changes.snapshot, changes.read_at_s

    def _forget(self, before_s: float) -> None:
        while self._learned_at_s:
            retailer_id, learned_at_s = next(iter(self._learned_at_s.items()))
            if learned_at_s >= before_s:
                return
            del self._learned_at_s[retailer_id]
