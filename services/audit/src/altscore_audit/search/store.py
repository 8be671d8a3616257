"""SQL of the search; takes a connection in a transaction of its own, never commits.

Each statement reads along one index that begins with the term and goes on in the order of the answer. The settings
leave the planner no other way, whatever its statistics say.
"""

import asyncpg

from altscore_audit.chain.domain import Link
from altscore_audit.search.domain import Criteria, Place, Term

SETTINGS = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
SET LOCAL enable_incremental_sort = off; SET LOCAL plan_cache_mode = force_custom_plan
"""
_TERM_IS: dict[Term, str] = {
    "request": "audit_term(payload, 'request') = $5",
    "retailer": "audit_term(payload, 'retailer') = $5",
    "lender": "audit_term(payload, 'lender') = $5",
    "actor": "audit_term(payload, 'actor') = $5",
    "action": "action = $5",
    "any": "audit_term(payload, 'any') = $5",
}
_ALONG_THE_INDEX = """
FROM audit_log WHERE {term_is} AND (occurred_at, event_id) < ($1, $2) AND occurred_at >= $3
ORDER BY occurred_at DESC, event_id DESC
"""
_SEARCH = """
SELECT * FROM (
    SELECT chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash
    {along_the_index} LIMIT $4
) examined
WHERE ($6::text IS NULL OR audit_term(payload, 'request') = $6)
  AND ($7::text IS NULL OR audit_term(payload, 'retailer') = $7)
  AND ($8::text IS NULL OR audit_term(payload, 'lender') = $8)
  AND ($9::text IS NULL OR audit_term(payload, 'actor') = $9)
  AND ($10::text IS NULL OR action = $10)
ORDER BY occurred_at DESC, event_id DESC LIMIT $11
"""
_LAST_EXAMINED = "SELECT occurred_at, event_id {along_the_index} OFFSET $4::bigint - 1 LIMIT 1"


def search_statement(term: Term) -> str:
    """The statement that reads along the index of a term."""
    return _SEARCH.format(along_the_index=_ALONG_THE_INDEX.format(term_is=_TERM_IS[term]))


async def newest(
    connection: asyncpg.Connection, criteria: Criteria, *, start: Place, limit: int, examined: int
) -> list[Link]:
    """Entries behind `start` that meet the criteria, newest first, out of the next `examined` of the term."""
    await connection.execute(SETTINGS)
    rows = await connection.fetch(
        search_statement(criteria.driver()),
        *_window(criteria, start, examined),
        *(criteria.request, criteria.retailer, criteria.lender, criteria.actor, criteria.action),
        limit,
    )
    return [Link(**dict(row)) for row in rows]


async def last_examined(
    connection: asyncpg.Connection, criteria: Criteria, *, start: Place, examined: int
) -> Place | None:
    """The place of the entry up to which `newest` looked; None when the term has no more than that."""
    statement = _LAST_EXAMINED.format(along_the_index=_ALONG_THE_INDEX.format(term_is=_TERM_IS[criteria.driver()]))
    row = await connection.fetchrow(statement, *_window(criteria, start, examined))
    return None if row is None else Place(row["occurred_at"], row["event_id"])


def _window(criteria: Criteria, start: Place, examined: int) -> tuple[object, ...]:
    term = criteria.driver()
    return (*start, criteria.oldest(), examined, "any" if term == "any" else getattr(criteria, term))
