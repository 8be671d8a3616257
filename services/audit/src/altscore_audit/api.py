"""The reading door: entries, heads and counts, for the admin service alone. No route writes."""

from typing import Annotated, Any, Literal

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.openapi import error_responses
from altscore_libs.signer import canonical
from altscore_libs.types import IsoInstant
from altscore_libs.web import allow_callers, create_app, peer, router
from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel

from altscore_audit import domain, store
from altscore_audit.domain import Entry, Link

CALLERS = ("admin",)
Chain = Literal["general", "failed_auth"]


class EntryOut(BaseModel):
    """An entry as it is chained; `payload` is the exact text that is hashed."""

    chain: str
    seq: int
    event_id: str
    occurred_at: IsoInstant
    recorded_at: IsoInstant
    action: str
    payload: str
    prev_hash: str
    entry_hash: str


class EntriesOut(BaseModel):
    """A page of a chain; `next` is the `after` of the following page, null at the end."""

    entries: list[EntryOut]
    next: int | None


class HeadOut(BaseModel):
    """Where a chain ends and what of it is signed."""

    chain: str
    seq: int
    entry_hash: str
    checkpoint_seq: int | None
    checkpoint_at: IsoInstant | None


class HeadsOut(BaseModel):
    """All chains."""

    chains: list[HeadOut]


class CountOut(BaseModel):
    """Events of a producer on a topic."""

    topic: str
    producer: str
    events: int
    last_seq: int


class BalanceOut(BaseModel):
    """What a producer numbered and what arrived; `first_missing` is null when nothing is missing."""

    producer: str
    produced: int
    applied: int
    first_missing: int | None


class UnreadableOut(BaseModel):
    """Messages of a topic that nobody could read; each is chained as an opaque entry."""

    topic: str
    events: int


class CountsOut(BaseModel):
    """produced = applied + parked, here: every number arrived, or its message is chained unread."""

    counts: list[CountOut]
    producers: list[BalanceOut]
    unreadable: list[UnreadableOut]
    produced: int
    applied: int
    parked: int
    balanced: bool


def _pool(request: Request) -> asyncpg.Pool:
    pool: asyncpg.Pool = request.app.state.pool
    return pool


_allowed = allow_callers(*CALLERS)


async def only_admin(request: Request) -> None:
    """Refuses every other certificate and chains the refusal itself, without a detour over the broker.

    Raises:
        Forbidden: any other certificate, or none.
    """
    try:
        _allowed(request)
    except Forbidden:
        await _chain_refusal(request)
        raise


only_admin.altscore_callers = CALLERS  # type: ignore[attr-defined]
api = router(dependencies=[Depends(only_admin)], responses=error_responses(Forbidden, Unavailable))
ThePool = Annotated[asyncpg.Pool, Depends(_pool)]


async def _chain_refusal(request: Request) -> None:
    clock: Clock = request.app.state.clock
    identifier, now = uuid7(), clock.now()
    payload: dict[str, Any] = {
        "event_id": str(identifier),
        "occurred_at": domain.instant(now),
        "producer": "audit",
        "producer_seq": None,
        "action": "failed_auth",
        "actor": peer(request).service or "nobody",
        "subject": request.url.path,
        "outcome": "refused",
        "reason": "certificate may not call this route",
        "details": {},
    }
    entry = Entry(domain.FAILED_AUTH, identifier, now, "failed_auth", canonical(payload).decode())
    async with transaction(_pool(request)) as connection:
        await store.append(connection, entry.chain, [entry])


def _entry_out(link: Link) -> EntryOut:
    return EntryOut(
        chain=link.chain,
        seq=link.seq,
        event_id=str(link.event_id),
        occurred_at=link.occurred_at,
        recorded_at=link.recorded_at,
        action=link.action,
        payload=link.payload,
        prev_hash=link.prev_hash.hex(),
        entry_hash=link.entry_hash.hex(),
    )


@api.get("/internal/entries")
async def entries(
    pool: ThePool,
    *,
    chain: Chain = "general",
    after: Annotated[int, Query(ge=0, le=domain.MAX_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    action: Annotated[str | None, Query(pattern=r"^[a-z0-9_.]{1,64}$")] = None,
) -> EntriesOut:
    """Entries of a chain behind `after`, in order."""
    async with transaction(pool) as connection:
        found = await store.links(connection, chain, after=after, limit=limit, action=action)
    return EntriesOut(entries=[_entry_out(one) for one in found], next=found[-1].seq if len(found) == limit else None)


@api.get("/internal/head")
async def head(pool: ThePool) -> HeadsOut:
    """Head and newest checkpoint of every chain."""
    async with transaction(pool) as connection:
        rows = await store.heads(connection)
    return HeadsOut(
        chains=[
            HeadOut(
                chain=row["chain"],
                seq=row["last_seq"],
                entry_hash=row["last_hash"].hex(),
                checkpoint_seq=row["checkpoint_seq"],
                checkpoint_at=row["checkpoint_at"],
            )
            for row in rows
        ]
    )


@api.get("/internal/counts")
async def counts(pool: ThePool) -> CountsOut:
    """What arrived by topic and producer, and whether anything is missing."""
    async with transaction(pool) as connection:
        by_topic = await store.counts(connection)
        by_producer = await store.balance(connection)
        unread = await store.unreadable(connection)
    produced = sum(row["produced"] for row in by_producer)
    applied = sum(row["applied"] for row in by_producer)
    parked = sum(row["events"] for row in unread)
    return CountsOut(
        counts=[CountOut(**dict(row)) for row in by_topic],
        producers=[BalanceOut(**dict(row)) for row in by_producer],
        unreadable=[UnreadableOut(**dict(row)) for row in unread],
        produced=produced,
        applied=applied,
        parked=parked,
        # an unreadable message may be a missing number or a stranger's: never more missing than unreadable
        balanced=produced - applied <= parked,
    )


def build(pool: asyncpg.Pool | None, clock: Clock) -> FastAPI:
    """The application; without a pool it only describes itself."""
    app = create_app("AltScore audit (internal)")
    app.state.pool = pool
    app.state.clock = clock
    app.include_router(api)
    return app
