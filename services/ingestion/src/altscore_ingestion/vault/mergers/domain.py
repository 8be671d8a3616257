"""Which ids may be merged, and what a merger remembers. Pure."""

from dataclasses import dataclass
from typing import NamedTuple


class Party(NamedTuple):
    """A retailer as far as a merger is concerned."""

    retailer_id: str
    has_gst: bool
    alias_of: str | None
    has_aliases: bool


class MovedLedger(NamedTuple):
    """A ledger that a merger moved, as it was before."""

    subject_token: bytes
    phone_token: bytes | None
    is_phone_confirmed: bool
    gst_status: str


@dataclass(frozen=True)
class Merger:
    """A standing merger."""

    losing_id: str
    winning_id: str
    ledgers: tuple[MovedLedger, ...]


class MergerResult(NamedTuple):
    """What a merger or its undoing did: how many ledgers moved, and whose they are now."""

    retailer_id: str
    alias_of: str | None
    ledgers: int


def refusal_of(losing: Party, winning: Party) -> str | None:
    """Why these two are not merged; None when they may be.

    A GSTIN is one shop, so an id with one never loses. An alias is merged already, and an id that has aliases keeps
    them, so that undoing one merger never depends on another.
    """
    if losing.retailer_id == winning.retailer_id:
        return "a retailer is not merged with itself"
    if losing.alias_of is not None or winning.alias_of is not None:
        return "one of them is an alias already"
    if losing.has_gst:
        return (
            "the losing id has a verified GSTIN; merge the other way round"
            if not winning.has_gst
            else ("both have a verified GSTIN, so they are two shops")
        )
    if losing.has_aliases:
        return "the losing id has aliases; undo their mergers first"
    return None
