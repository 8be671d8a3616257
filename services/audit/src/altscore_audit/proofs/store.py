"""SQL of the tree; takes a connection, never commits. A proof reads a few ranges of at most 256 rows per level."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg
from altscore_libs.merkle_tree import LeafRange, Subtree, leaf_hash, path_over, root_of, subtrees_of

from altscore_audit.chain.domain import Link
from altscore_audit.errors import TreeIncomplete
from altscore_audit.proofs.domain import stored_range
from altscore_audit.search.store import SETTINGS

_LEAVES = """
SELECT l.seq - 1 AS index, l.entry_hash AS hash
FROM unnest($2::bigint[], $3::bigint[]) AS r (first, past)
JOIN audit_log l ON l.chain = $1 AND l.seq > r.first AND l.seq <= r.past
"""
_NODES = """
SELECT n.index, n.hash
FROM unnest($2::bigint[], $3::bigint[]) AS r (first, past)
JOIN audit_tree_node n ON n.chain = $1 AND n.level = $4 AND n.index >= r.first AND n.index < r.past
"""
_COLUMNS = "chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash"
_OF_EVENT = f"SELECT {_COLUMNS} FROM audit_log WHERE event_id = $1"  # noqa: S608
_OF_REQUEST = f"""
SELECT {_COLUMNS} FROM audit_log WHERE audit_term(payload, 'request') = $1 ORDER BY occurred_at, event_id LIMIT $2
"""  # noqa: S608
# Along one index, and no further than `examined`: whatever others did under the same id, the cost has a bound.
_EXAMINED = f"""
WITH examined AS MATERIALIZED (
    SELECT {_COLUMNS} FROM audit_log WHERE audit_term(payload, '{{term}}') = $1
    ORDER BY occurred_at {{order}}, event_id {{order}} LIMIT $2
)
SELECT {_COLUMNS} FROM examined
WHERE ($3::text IS NULL OR audit_term(payload, 'actor') = $3) AND strpos(payload, $4) > 0 ORDER BY occurred_at, event_id
"""  # noqa: S608
_LENDERS_REQUEST = _EXAMINED.format(term="request", order="ASC")
_RECORD = _EXAMINED.format(term="retailer", order="DESC")


async def subtree_hashes(
    connection: asyncpg.Connection, chain: str, subtrees: Iterable[Subtree]
) -> dict[Subtree, bytes]:
    """Hashes of complete subtrees of a chain, one statement for each level that is stored.

    Raises:
        TreeIncomplete: a leaf or a stored node is not there.
    """
    ranges_by_level: dict[int, dict[Subtree, LeafRange]] = defaultdict(dict)
    for subtree in set(subtrees):
        level, nodes = stored_range(subtree)
        ranges_by_level[level][subtree] = nodes
    hashes = {}
    for level, ranges in ranges_by_level.items():
        stored = await _stored(connection, chain, level=level, ranges=ranges.values())
        for subtree, nodes in ranges.items():
            hashes[subtree] = _root(chain, nodes, stored)
    return hashes


async def tree_path(connection: asyncpg.Connection, chain: str, ranges: Sequence[LeafRange]) -> list[bytes]:
    """The roots of ranges of a chain's leaves: a proof, where they are those of inclusion or consistency.

    Raises:
        TreeIncomplete: a leaf or a stored node is not there.
    """
    subtrees = {subtree for leaves in ranges for subtree in subtrees_of(leaves)}
    return path_over(ranges, await subtree_hashes(connection, chain, subtrees))


async def _stored(
    connection: asyncpg.Connection, chain: str, *, level: int, ranges: Iterable[LeafRange]
) -> dict[int, bytes]:
    first, past = [nodes.begin for nodes in ranges], [nodes.end for nodes in ranges]
    if level == 0:
        rows = await connection.fetch(_LEAVES, chain, first, past)
        return {row["index"]: leaf_hash(row["hash"]) for row in rows}
    rows = await connection.fetch(_NODES, chain, first, past, level)
    return {row["index"]: row["hash"] for row in rows}


def _root(chain: str, nodes: LeafRange, stored: Mapping[int, bytes]) -> bytes:
    try:
        return root_of([stored[index] for index in range(nodes.begin, nodes.end)])
    except KeyError as error:
        raise TreeIncomplete(chain) from error


async def entry_of_event(connection: asyncpg.Connection, event_id: UUID) -> list[Link]:
    """The entry of an event; none, or that alone."""
    return [Link(**dict(row)) for row in await connection.fetch(_OF_EVENT, event_id)]


async def entries_of_request(connection: asyncpg.Connection, request_id: str, *, limit: int) -> list[Link]:
    """The entries of a request, oldest first."""
    return [Link(**dict(row)) for row in await connection.fetch(_OF_REQUEST, request_id, limit)]


async def lenders_entries_of_request(
    connection: asyncpg.Connection, lender_id: str, request_id: str, *, examined: int
) -> list[Link]:
    """What a lender did under a request's id, oldest first, out of the first `examined` entries of that id."""
    await connection.execute(SETTINGS)
    rows = await connection.fetch(_LENDERS_REQUEST, request_id, examined, lender_id, request_id)
    return [Link(**dict(row)) for row in rows]


async def entries_of_record(
    connection: asyncpg.Connection, record_id: str, *, retailer_id: str, lender_id: str | None, examined: int
) -> list[Link]:
    """Entries that name a record, oldest first, out of the retailer's last `examined`; of one lender, or of all."""
    await connection.execute(SETTINGS)
    rows = await connection.fetch(_RECORD, retailer_id, examined, lender_id, record_id)
    return [Link(**dict(row)) for row in rows]
