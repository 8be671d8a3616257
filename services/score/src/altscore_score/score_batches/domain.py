"""What is to be done with the items of a batch, by what an earlier sending of it left."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

REFUSALS = frozenset({403, 404, 422})


class BatchMemory(NamedTuple):
    """What earlier sendings of a batch left: retailers by what became of them."""

    answered: frozenset[str] = frozenset()
    """A score is stored for the item; it is replayed."""
    refused: frozenset[str] = frozenset()
    """Paid for and refused; whether the cause still holds is checked without spending (decision 101)."""
    tried: frozenset[str] = frozenset()
    """Paid for without an answer that can be repeated; those that never had a turn come first."""


class Plan(NamedTuple):
    """Retailers of a batch by what is done with them."""

    replay: list[str]
    recheck: list[str]
    open: list[str]


def plan_batch(retailer_ids: Sequence[str], memory: BatchMemory) -> Plan:
    """Which items are replayed, rechecked or still open, the open ones in the order of their turns."""
    settled = memory.answered | memory.refused
    unanswered = [retailer_id for retailer_id in retailer_ids if retailer_id not in settled]
    return Plan(
        replay=[retailer_id for retailer_id in retailer_ids if retailer_id in memory.answered],
        recheck=[
            retailer_id
            for retailer_id in retailer_ids
            if retailer_id in memory.refused and retailer_id not in memory.answered
        ],
        open=sorted(unanswered, key=lambda retailer_id: retailer_id in memory.tried),
    )


def remembered(memory: BatchMemory, statuses: dict[str, int], late: Collection[str]) -> BatchMemory:
    """The memory after a sending.

    Args:
        memory: before it.
        statuses: of all items.
        late: items that found no quota; nothing became of them.
    """
    refused = frozenset(retailer_id for retailer_id, status in statuses.items() if status in REFUSALS)
    tried = frozenset(retailer_id for retailer_id in statuses if retailer_id not in late) | memory.tried
    return BatchMemory(answered=memory.answered, refused=refused, tried=tried - refused)
