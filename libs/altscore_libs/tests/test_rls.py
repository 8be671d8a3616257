"""Row-level security by a signed context: a plain SET opens nothing."""

import asyncpg
import pytest
from altscore_libs.db import transaction
from altscore_libs.rls import ContextSigner

SIGNER = ContextSigner(bytes.fromhex("ab" * 32))


async def visible(pool: asyncpg.Pool, context: str | None) -> list[str]:
    async with transaction(pool) as connection:
        if context is not None:
            await connection.execute("SELECT set_config('app.context', $1, true)", context)
        return [row["value"] for row in await connection.fetch("SELECT value FROM secrets_of")]


async def test_a_signed_subject_sees_its_own_rows_only(pool: asyncpg.Pool) -> None:
    assert await visible(pool, SIGNER.sign("a")) == ["of a"]


@pytest.mark.parametrize(
    "context",
    [None, "", "a", "a|", "a|" + "0" * 64, SIGNER.sign("b").replace("b|", "a|")],
    ids=["none", "empty", "subject_alone", "no_signature", "another_signature", "of_another_subject"],
)
async def test_without_a_right_signature_there_are_no_rows(pool: asyncpg.Pool, context: str | None) -> None:
    assert await visible(pool, context) == []


async def test_the_application_cannot_read_the_key(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.fetch("SELECT key FROM context_key")
