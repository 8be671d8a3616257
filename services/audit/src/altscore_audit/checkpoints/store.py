"""SQL of checkpoints; takes a connection, never commits.

The service's own role can add rows that nobody signed. So a row counts only once its signature was verified.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from altscore_libs.signer import PublicKeys, is_signed

from altscore_audit.chain.domain import Link
from altscore_audit.checkpoints.domain import (
    SIGNING_KEY,
    WITNESS_KEY,
    Checkpoint,
    Cosignature,
    SignedTree,
    read_checkpoint,
    witness_of,
)

_PAGE = 200
_NEWEST = """
SELECT seq, document, signature FROM audit_checkpoint
WHERE chain = $1 AND seq >= $2 AND (seq, signature) < ($3, $4) ORDER BY seq DESC, signature DESC LIMIT $5
"""
_AFTER = """
SELECT seq, document, signature FROM audit_checkpoint
WHERE chain = $1 AND (seq, signature) > ($2, $3) ORDER BY seq, signature LIMIT $4
"""
_COSIGNED = """
SELECT seq, c.document, c.signature, s.statement, s.signature AS cosignature
FROM audit_cosignature s JOIN audit_checkpoint c USING (chain, seq)
WHERE chain = $1 AND (seq, s.signature) < ($2, $3) ORDER BY seq DESC, s.signature DESC LIMIT $4
"""
_BEYOND_SIGNATURES = "g"  # behind every signature in hex
_LAST = 2**63 - 1


@dataclass(frozen=True)
class SignedCheckpoint:
    """A signed checkpoint and its key in the bucket."""

    link: Link
    document: str
    signature: bytes
    key_id: str
    object_key: str
    signed_at: datetime


def verified(row: asyncpg.Record, keys: PublicKeys, chain: str) -> Checkpoint | None:
    """The checkpoint in a row when a trusted key signed it for this chain and place, otherwise None."""
    checkpoint = read_checkpoint(row["document"], bytes.fromhex(row["signature"]))
    if checkpoint is None or (checkpoint.chain, checkpoint.seq) != (chain, row["seq"]):
        return None
    is_ours = is_signed(checkpoint.document, row["signature"], label=SIGNING_KEY, key_id=checkpoint.key_id, keys=keys)
    return checkpoint if is_ours else None


async def newest_valid(
    connection: asyncpg.Connection, keys: PublicKeys, chain: str, *, since: int = 0
) -> Checkpoint | None:
    """The newest checkpoint of a chain that a trusted key signed, None when there is none from `since` on."""
    async for row in _rows(connection, _NEWEST, chain, since, beyond=_LAST):
        if (checkpoint := verified(row, keys, chain)) is not None:
            return checkpoint
    return None


async def newest_trees(connection: asyncpg.Connection, keys: PublicKeys, chain: str) -> list[SignedTree]:
    """The newest tree of a chain that the witness signed too, and the newest that is signed at all."""
    cosigned, newest = await _newest_cosigned(connection, keys, chain), await newest_valid(connection, keys, chain)
    trees = [tree for tree in (cosigned, SignedTree(newest, None) if newest else None) if tree is not None]
    return [tree for tree in trees if tree.checkpoint.root_hash is not None]


async def _newest_cosigned(connection: asyncpg.Connection, keys: PublicKeys, chain: str) -> SignedTree | None:
    async for row in _rows(connection, _COSIGNED, chain, beyond=_LAST, signature="cosignature"):
        checkpoint, statement, signature = verified(row, keys, chain), row["statement"], row["cosignature"]
        witness = checkpoint and witness_of(statement, checkpoint)
        if checkpoint and witness and is_signed(statement, signature, label=WITNESS_KEY, key_id=witness, keys=keys):
            return SignedTree(checkpoint, Cosignature(statement, bytes.fromhex(signature)))
    return None


async def valid_after(
    connection: asyncpg.Connection, keys: PublicKeys, chain: str, *, after: int, limit: int
) -> list[Checkpoint]:
    """Checkpoints of a chain behind `after` that a trusted key signed, in order; one for each place."""
    valid: dict[int, Checkpoint] = {}
    async for row in _rows(connection, _AFTER, chain, beyond=after):
        if (checkpoint := verified(row, keys, chain)) is not None and checkpoint.seq not in valid:
            if len(valid) == limit:
                break
            valid[checkpoint.seq] = checkpoint
    return list(valid.values())


async def _rows(
    connection: asyncpg.Connection, statement: str, *fixed: str | int, beyond: int, signature: str = "signature"
) -> AsyncIterator[asyncpg.Record]:
    """The rows of a statement, page by page, from a place on; `signature` is the column by which it goes on."""
    place = (beyond, _BEYOND_SIGNATURES)
    while rows := await connection.fetch(statement, *fixed, *place, _PAGE):
        for row in rows:
            yield row
        place = (rows[-1]["seq"], rows[-1][signature])


async def add_checkpoint(connection: asyncpg.Connection, checkpoint: SignedCheckpoint) -> None:
    """Adds a checkpoint; the database refuses one that does not name an entry of its chain."""
    await connection.execute(
        "SELECT audit_checkpoint_add($1, $2, $3, $4, $5, $6, $7, $8)",
        checkpoint.link.chain,
        checkpoint.link.seq,
        checkpoint.link.entry_hash,
        checkpoint.document,
        checkpoint.signature.hex(),
        checkpoint.key_id,
        checkpoint.object_key,
        checkpoint.signed_at,
    )
