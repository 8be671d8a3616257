"""SQL of invitation runs; takes a connection, never commits."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from altscore_admin.invitations.domain import InvitationCommand

_BEGIN = """
INSERT INTO invite_runs (run_id, distributor_id, lender_scope, purpose, requested_by, requested_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_FINISH = """
UPDATE invite_runs SET finished_at = $2, invited = $3, already_open = $4, unreachable = $5, refused = $6
WHERE run_id = $1
"""


async def begin_run(
    connection: asyncpg.Connection, run_id: str, *, command: InvitationCommand, by: str, at: datetime
) -> None:
    """Records that invites are being sent."""
    scope = list(command.lender_scope)
    await connection.execute(_BEGIN, run_id, command.distributor_id, scope, command.purpose, by, at)


async def finish_run(connection: asyncpg.Connection, run_id: str, counts: Mapping[str, int], at: datetime) -> None:
    """Records the outcomes."""
    numbers = (counts[name] for name in ("invited", "already_open", "unreachable", "refused"))
    await connection.execute(_FINISH, run_id, at, *numbers)
