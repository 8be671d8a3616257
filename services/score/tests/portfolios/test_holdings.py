"""What dashboards count by is at every moment what grants and standings say, and each lender's alone."""

from datetime import timedelta
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_libs.db import transaction
from altscore_libs.testing import Database

from ..world import LENDER, NOW, OTHER_LENDER, OTHER_RETAILER, RETAILER, SIGNER, World

REVOKED = {"consent_id": "cns_x", "retailer_id": RETAILER, "lender_scope": [LENDER], "revoked_at": NOW}
BY_DEFINITION = """
SELECT h.* FROM (SELECT DISTINCT lender_id, retailer_id FROM consent_grant WHERE is_active) g
CROSS JOIN LATERAL (
    SELECT g.lender_id, g.retailer_id, (SELECT max(x.expires_at) FROM consent_grant x
               WHERE x.lender_id = g.lender_id AND x.retailer_id = g.retailer_id AND x.is_active),
           t.scored_at, t.expires_at, t.risk_band, t.probability_of_default, t.recommended_limit_inr,
           t.is_low_confidence_data, t.data_as_of_on, t.previous_band, t.previous_probability, t.blocked_at,
           t.block_code, t.run_blocked_at
    FROM (SELECT) one LEFT JOIN retailer_standing t ON t.retailer_id = g.retailer_id
) h ORDER BY 1, 2
"""


async def as_projector(world: World, statement: str) -> list[tuple[Any, ...]]:
    """Rows as the projector sees them."""
    async with transaction(world.pool) as connection:
        await SIGNER.enter(connection, "projector")
        return [tuple(row) for row in await connection.fetch(statement)]


async def holdings(world: World) -> list[tuple[str, str]]:
    """Lender and retailer of every holding, which are those of the definition."""
    kept = await as_projector(world, "SELECT * FROM portfolio_holding ORDER BY 1, 2")
    assert kept == await as_projector(world, BY_DEFINITION)
    return [(row[0], row[1]) for row in kept]


async def test_grants_scores_blocks_and_ends_in_any_order_keep_the_holdings(world: World) -> None:
    assert await holdings(world) == [(LENDER, RETAILER)]
    await world.computed(OTHER_RETAILER, risk_band="D")  # nobody may see it yet
    await world.grant(OTHER_RETAILER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    assert len(await holdings(world)) == 3
    await world.computed(OTHER_RETAILER, score_id="scr_" + "9" * 32, risk_band="A", scored_at="2026-05-20T01:00:00Z")
    await world.blocked(RETAILER, code="DATA_INSUFFICIENT", at=NOW)
    assert len(await holdings(world)) == 3
    await world.revoke(OTHER_RETAILER)
    assert await holdings(world) == [(LENDER, RETAILER), (OTHER_LENDER, OTHER_RETAILER)]


async def test_a_grant_of_two_purposes_is_a_holding_until_both_have_ended(world: World) -> None:
    await world.grant(purpose="credit_line_increase")
    await world.revoke()
    assert await holdings(world) == [(LENDER, RETAILER)]
    await world.event("consent.revoked", **REVOKED, purpose="credit_line_increase", version=world.version + 1)
    assert await holdings(world) == []


def test_grants_that_are_written_past_the_projector_are_refused(world: World, database: Database) -> None:
    assert world.pool is not None
    with psycopg.connect(database.superuser_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE consent_grant SET is_active = false")


async def test_a_lender_sees_its_own_holdings_alone_and_changes_none(world: World) -> None:
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    async with transaction(world.pool) as connection:
        assert await connection.fetch("SELECT * FROM portfolio_holding") == []  # without a context
        await SIGNER.enter(connection, LENDER)
        rows = await connection.fetch("SELECT lender_id, retailer_id FROM portfolio_holding")
        assert [tuple(row) for row in rows] == [(LENDER, RETAILER)]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE portfolio_holding SET risk_band = 'A'")


async def test_a_consent_that_ended_by_time_is_no_holding_of_its_lender(world: World) -> None:
    async with transaction(world.pool) as connection:
        await SIGNER.enter(connection, "projector")
        await connection.execute("UPDATE consent_grant SET expires_at = now() - interval '1 second'")
    assert len(await holdings(world)) == 1, "nobody has announced its end yet"
    async with transaction(world.pool) as connection:
        await SIGNER.enter(connection, LENDER)
        assert await connection.fetch("SELECT * FROM portfolio_holding") == []


async def test_a_grant_waits_for_a_score_of_its_retailer_and_has_its_figures(world: World) -> None:
    score = "INSERT INTO sealed_score VALUES ('scr_new', $1, $2, $3, 'k', 's')"
    grant = "UPDATE consent_grant SET version = version + 1 WHERE retailer_id = $1"
    async with transaction(world.pool) as scoring, world.pool.acquire() as granting:
        await SIGNER.enter(scoring, "projector")
        await scoring.execute(score, RETAILER, NOW + timedelta(days=1), '{"risk_band": "D"}')
        async with granting.transaction():
            await SIGNER.enter(granting, "projector")
            await granting.execute("SET LOCAL lock_timeout = '200ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await granting.execute(grant, RETAILER)
    await holdings(world)
