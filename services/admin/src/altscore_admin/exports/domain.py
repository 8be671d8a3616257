"""What an export is made of. No I/O, no clock."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

DISCLOSURES = frozenset({"score_requested", "score_refused", "score_history_read"})
# What is held of a retailer and is in no part: said in every export, so that nobody takes it for everything.
ELSEWHERE = (
    "Invoices and payments that distributors sent, in the lake under an id of ours: they are copied from the "
    "distributors' own ledgers, which name them to the retailer.",
    "Texts of messages of the last 30 days: notification answers nobody; what was sent and when is in `messages`.",
    "Notes that handlers of complaints wrote for each other: encrypted, read by them alone.",
    "Features behind each score: scoring answers nobody; the reasons are in `scores`.",
    "Lists of a lender's portfolio that its people opened or downloaded: the audit names each list once with all its "
    "retailers, not under each of them; which lenders may see the shop is in `consents`.",
)


class Part(NamedTuple):
    """A part of an export: whose it is, and everything in it."""

    name: str
    source: str
    items: list[dict[str, Any]]


def entry_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """An audit entry: its place in the chain and what it says."""
    content = json.loads(item["payload"]) if isinstance(item.get("payload"), str) else {}
    place = {name: item[name] for name in ("chain", "seq", "occurred_at") if name in item}
    return {**place, **content}


def messages_of(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages that left for the retailer: kind, channel and instant."""
    return [
        {
            "sent_at": entry["occurred_at"],
            "outcome": entry["outcome"],
            **{name: entry.get("details", {}).get(name) for name in ("message_id", "kind", "channel")},
        }
        for entry in entries
        if entry.get("producer") == "notification" and entry.get("action") in ("message_sent", "message_refused")
    ]


def viewers_of(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Which lender asked for what, how it ended, how often, and when last; refusals too: they asked."""
    asked = [entry for entry in entries if entry.get("producer") == "score" and entry.get("action") in DISCLOSURES]
    counts: Counter[tuple[str, str, str]] = Counter()
    last: dict[tuple[str, str, str], str] = {}
    for entry in asked:
        key = (entry["actor"], entry["action"], entry["outcome"])
        counts[key] += 1
        last[key] = max(last.get(key, ""), entry["occurred_at"])
    names = ("lender_id", "action", "outcome")
    return [
        {**dict(zip(names, key, strict=True)), "times": counts[key], "last_at": last[key]} for key in sorted(counts)
    ]
