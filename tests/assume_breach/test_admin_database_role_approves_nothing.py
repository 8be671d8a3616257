"""Who holds admin's database role cannot make a request that counts, nor one that two persons approved."""

import json
from typing import Any

import asyncpg
import pytest
from altscore_libs.db import transaction

from services.admin.tests.conftest import (
    NOW,
    Operations,
    clock,
    database,
    erasure_notice,
    operations,
    pool,
    signer,
    template,
    upstreams,
)

__all__ = ["clock", "database", "erasure_notice", "operations", "pool", "signer", "template", "upstreams"]
SUSPEND = "/v1/admin/lenders/lender_one/suspend"
SIGNATURE = "0" * 128


async def planted(pool: asyncpg.Pool, **changes: Any) -> dict[str, Any]:
    """A copy of the open request under another id, which the attacker writes with the application's role."""
    row = {name: value for name, value in (await pool.fetchrow("SELECT * FROM approvals")).items() if value is not None}
    await pool.execute("UPDATE approvals SET state = 'withdrawn', closed_at = now()")
    row |= {"approval_id": "apr_" + "0" * 32, **changes}
    names, places = ", ".join(row), ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await pool.execute(f"INSERT INTO approvals ({names}) VALUES ({places})", *row.values())
    return row


@pytest.mark.parametrize("changes", [{}, {"proposed_by": "ops-2"}])
async def test_a_request_in_anothers_name_is_approved_by_nobody(
    operations: Operations, pool: asyncpg.Pool, upstreams: Any, changes: dict[str, Any]
) -> None:
    await operations.post("ops-1", SUSPEND, {"reason": "misuse"})
    row = await planted(pool, **changes)
    path, body = f"/v1/admin/approvals/{row['approval_id']}/approve", {"content_sha256": row["content_sha256"]}

    answers = [await operations.post(operator, path, body) for operator in ("ops-1", "ops-2", "super-1")]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert upstreams.access_commands == {}


async def test_an_executed_row_that_nobody_signed_counts_for_nothing(
    operations: Operations, pool: asyncpg.Pool
) -> None:
    await operations.post("ops-1", SUSPEND, {"reason": "misuse"})
    genuine = await pool.fetchrow("SELECT * FROM approvals")
    record = {"purpose": "approval", "approval_id": "apr_" + "0" * 32, "proposed_by": "ops-1", "approved_by": "ops-2"}
    await planted(
        pool,
        state="executed",
        approved_by="ops-2",
        approved_at=NOW,
        approval_record=json.dumps(record | {"content_sha256": genuine["content_sha256"]}),
        signature_key_id=genuine["proposal_key_id"],
        signature=genuine["proposal_signature"],  # a true signature, of something else
        result="{}",
    )
    async with transaction(pool) as connection:
        since = NOW.replace(year=2020)
        counted = await operations.services.approvals.executed_since(connection, "lender_suspend", "lender_one", since)
    assert counted == []
