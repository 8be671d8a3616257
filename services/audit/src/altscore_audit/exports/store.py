"""SQL of exports; takes a connection, never commits. The role may SELECT and call one function."""

from datetime import date
from typing import NamedTuple

import asyncpg
from altscore_libs.merkle_tree import GrowingTree, LeafRange, subtrees_of
from altscore_libs.state_gauges import Measure

from altscore_audit.exports.domain import Expected
from altscore_audit.proofs.store import subtree_hashes

MEASURES = (
    Measure(
        name="altscore_audit_export_waiting_seconds",
        help="Age of the oldest entry that is in no file of the bucket; 0 when all are.",
        query="SELECT c.chain, coalesce(extract(epoch FROM now() - (SELECT l.recorded_at FROM audit_log l"
        " WHERE l.chain = c.chain AND l.seq > coalesce("
        "(SELECT max(e.last_seq) FROM audit_export e WHERE e.chain = c.chain), 0) ORDER BY l.seq LIMIT 1)), 0)"
        " FROM audit_chain c",
        labels=("chain",),
    ),
)
_LAST = "SELECT last_seq, last_hash FROM audit_export WHERE chain = $1 ORDER BY first_seq DESC LIMIT 1"


class Exported(NamedTuple):
    """Where the files of a chain end."""

    last_seq: int
    last_hash: bytes


class ExportFile(NamedTuple):
    """A file that was read back and is whole."""

    key: str
    day: date
    sha256: bytes


async def last(connection: asyncpg.Connection, chain: str) -> Exported | None:
    """Where the files of a chain end, None when there is none."""
    row = await connection.fetchrow(_LAST, chain)
    return None if row is None else Exported(**dict(row))


async def tree(connection: asyncpg.Connection, chain: str, size: int) -> GrowingTree:
    """The tree over the first entries of a chain.

    Raises:
        TreeIncomplete: a leaf or a stored node is not there.
    """
    subtrees = subtrees_of(LeafRange(0, size))
    hashes = await subtree_hashes(connection, chain, subtrees)
    return GrowingTree(size, [hashes[subtree] for subtree in subtrees])


async def add(connection: asyncpg.Connection, chain: str, expected: Expected, file: ExportFile) -> None:
    """Adds a file; the database refuses one that does not follow the one before."""
    await connection.execute(
        "SELECT audit_export_add($1, $2, $3, $4, $5, $6, $7, $8)",
        chain,
        expected.first_seq,
        expected.last_seq,
        file.day,
        expected.last_hash,
        expected.root_hash,
        file.sha256,
        file.key,
    )
