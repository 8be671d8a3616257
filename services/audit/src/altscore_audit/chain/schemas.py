"""Bodies about the chains."""

from altscore_libs.types import IsoInstant
from pydantic import BaseModel

from altscore_audit.chain.domain import Link


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
    """Where a chain ends and how much of it is signed."""

    chain: str
    seq: int
    entry_hash: str
    checkpoint_seq: int | None
    checkpoint_at: IsoInstant | None


class HeadsOut(BaseModel):
    """All chains."""

    chains: list[HeadOut]


def entry_out(link: Link) -> EntryOut:
    """An entry as the API shows it."""
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
