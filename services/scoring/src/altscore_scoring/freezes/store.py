"""All SQL of freezes; every function takes a connection in a transaction and never commits."""

from datetime import datetime

import asyncpg

from altscore_scoring.freezes.domain import MeasuredRun

_NEWEST_MEASURED_RUN = """
SELECT j.run_id, j.model_sha256, m.model_name, (j.monitors ->> 'psi')::float AS psi
FROM jobs j JOIN models m USING (model_sha256) WHERE j.state = 'done' ORDER BY j.finished_at DESC LIMIT 1
"""
_HOLD = "INSERT INTO held_runs (run_id, freeze_id, held_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING run_id"
_IS_SCORED = "SELECT EXISTS (SELECT FROM jobs WHERE run_id = $1 AND state = 'done')"


async def newest_measured_run(connection: asyncpg.Connection) -> MeasuredRun | None:
    """The run that was scored last."""
    row = await connection.fetchrow(_NEWEST_MEASURED_RUN)
    return None if row is None else MeasuredRun(*row)


async def hold_run(connection: asyncpg.Connection, run_id: str, *, freeze_id: str, at: datetime) -> bool:
    """Notes that a freeze holds a run back; False when that is noted already."""
    return await connection.fetchval(_HOLD, run_id, freeze_id, at) is not None


async def is_scored(connection: asyncpg.Connection, run_id: str) -> bool:
    """Whether a run was scored whole before the freeze."""
    return bool(await connection.fetchval(_IS_SCORED, run_id))
