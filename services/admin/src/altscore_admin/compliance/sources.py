"""Where a report's figures come from: the audit chain, and what admin itself holds. A source that fails is named."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.instants import INDIA, format_instant

from altscore_admin.clients import UpstreamClients
from altscore_admin.compliance import domain, store
from altscore_admin.compliance.domain import COUNTED, Range, Section, SectionName

AUDIT_PAGE = 500
MOST_PAGES = 200
CHAIN = "audit chain, counters by day (audit service)"
ENTRIES = "entries of the audit chain (audit service)"
OWN = "database of admin"
NOT_COUNTED = "entries that were chained when the report began are not all counted yet"
_NO_ANSWER = "the audit service does not answer ({code})"


@dataclass(frozen=True)
class Sources:
    """Reads everything that a report needs.

    Args:
        wait_s: between two looks whether the chain's counters have caught up, seconds.
        waits: how many looks at most.
    """

    pool: asyncpg.Pool
    clock: Clock
    upstream: UpstreamClients
    wait_s: float = 2.0
    waits: int = 8

    async def counted(self, days: Range) -> list[Section]:
        """The sections that are counts of the chain."""
        names: tuple[SectionName, ...] = ("consents", "scores", "refusals")
        query = {
            "from": days.first.isoformat(),
            "to": days.last.isoformat(),
            "unit": "month",
            "actions": ",".join(action for name in names for action in COUNTED[name]),
        }
        try:
            heads = {item["chain"]: int(item["seq"]) for item in (await self.upstream.audit_heads())["chains"]}
            for look in range(self.waits + 1):
                answer = await self.upstream.audit_daily_counts(query)
                counted = {item["chain"]: int(item["counted_seq"]) for item in answer["counted"]}
                is_counted = all(counted.get(chain, 0) >= seq for chain, seq in heads.items())
                if is_counted or look == self.waits:
                    break
                await asyncio.sleep(self.wait_s)
            problem = None if is_counted else NOT_COUNTED
            return [domain.counted_section(name, CHAIN, answer["counts"], problem=problem) for name in names]
        except (AltScoreError, KeyError, TypeError, ValueError) as error:
            return [Section(name, CHAIN, problem=_no_answer(error)) for name in names]

    async def withdrawal_times(self, days: Range) -> Section:
        """How long it took from the retailer's NAHI to the end of the consent."""
        try:
            entries = await self._entries("consent_revoked", days)
        except (AltScoreError, KeyError, TypeError, ValueError) as error:
            return Section("withdrawal_times", ENTRIES, problem=_no_answer(error))
        seconds = [
            max(0.0, (entry["at"] - datetime.fromisoformat(entry["details"]["sent_at"])).total_seconds())
            for entry in entries
            if "sent_at" in entry["details"]
        ]
        untimed = len(entries) - len(seconds)
        problem = f"{untimed} revocations do not say when the NAHI was sent" if untimed else None
        figures = {"revocations": len(entries), **domain.duration_figures(seconds)}
        return Section("withdrawal_times", ENTRIES, problem=problem, figures=figures)

    async def runs(self, days: Range) -> list[Section]:
        """Guardrails and fairness, as every run of the scoring engine audited them."""
        since, until = bounds(days)
        async with transaction(self.pool) as connection:
            promotions = await store.promotions(connection, since, until)
        try:
            entries = await self._entries("scoring_run", days)
        except (AltScoreError, KeyError, TypeError, ValueError) as error:
            problem = _no_answer(error)
            return [Section("guardrails", ENTRIES, problem=problem), Section("fairness", ENTRIES, problem=problem)]
        runs = [
            {"at": entry["at"].astimezone(INDIA).date().isoformat(), **entry["details"]}
            for entry in entries
            if entry["outcome"] == "ok"
        ]
        figures, series = domain.guardrail_figures(runs)
        figures["runs_blocked"] = sum(entry["outcome"] == "blocked" for entry in entries)
        ratios, ratio_series = domain.fairness_figures(runs, promotions)
        return [
            Section("guardrails", ENTRIES, figures=figures, series=series),
            Section("fairness", f"{ENTRIES}; promotions: {OWN}", figures=ratios, series=ratio_series),
        ]

    async def own(self, days: Range) -> list[Section]:
        """What admin itself holds: grievances, rights, incidents, decisions about models."""
        (since, until), now = bounds(days), self.clock.now()
        async with transaction(self.pool) as connection:
            grievances = dict(await store.grievances(connection, since, until, now))
            incidents = await store.incidents(connection, since, until, now)
            promotions = await store.promotions(connection, since, until)
            decisions = await store.decisions(connection, since, until)
        breaches = {f"incidents_{name}": 0 for name in ("P1", "P2", "P3", "P4")}
        breaches |= {"drills": 0, "clocks_met": 0, "clocks_missed": 0}
        for row in incidents:
            if row["is_drill"]:
                breaches["drills"] += row["incidents"]
                continue
            breaches[f"incidents_{row['severity']}"] += row["incidents"]
            breaches["clocks_met"] += row["clocks_met"]
            breaches["clocks_missed"] += row["clocks_missed"]
        changes = sorted([*map(dict, promotions), *map(dict, decisions)], key=lambda row: row["at"])
        series = [
            {"period": row["at"].astimezone(INDIA).date().isoformat(), "kind": row["kind"], "model": row["model_name"]}
            for row in changes
        ]
        return [
            Section("grievances", OWN, figures=grievances),
            await self._rights(since, until),
            Section("breaches", OWN, figures=breaches),
            Section("model_changes", OWN, figures=_kinds(changes), series=series),
        ]

    async def verification(self) -> Section:
        """Where the chains end, how far they are signed, and whether every event arrived; as of now."""
        try:
            heads = (await self.upstream.audit_heads())["chains"]
            balance = await self.upstream.audit_balance()
            figures: dict[str, int | float | str | None] = {}
            for item in heads:
                figures[f"{item['chain']}_entries"] = int(item["seq"])
                figures[f"{item['chain']}_signed_up_to"] = item["checkpoint_seq"]
                figures[f"{item['chain']}_signed_at"] = item["checkpoint_at"]
            figures |= {name: int(balance[name]) for name in ("produced", "applied", "parked")}
            figures["is_balanced"] = "yes" if balance["balanced"] else "no"
        except (AltScoreError, KeyError, TypeError, ValueError) as error:
            return Section("audit_verification", CHAIN, problem=_no_answer(error))
        unsigned = [item["chain"] for item in heads if item["seq"] and item["checkpoint_seq"] is None]
        problem = f"no checkpoint covers {', '.join(unsigned)}" if unsigned else None
        if not balance["balanced"]:
            problem = "events of a producer have not arrived; counts can be too low"
        return Section("audit_verification", "heads and checkpoints (audit service)", problem=problem, figures=figures)

    async def _rights(self, since: datetime, until: datetime) -> Section:
        async with transaction(self.pool) as connection:
            if await store.has_rights_requests(connection):
                requests = await store.rights(connection, since, until, self.clock.now())
                return Section("rights", OWN, figures=dict(requests))
        return Section("rights", OWN, problem="not available: rights requests are not handled by this release")

    async def _entries(self, action: str, days: Range) -> list[dict[str, Any]]:
        """Every entry of an action in the range, the oldest first.

        Raises:
            ValueError: there are more than a report reads one by one.
        """
        since, until = bounds(days)
        query: dict[str, Any] = {
            "action": action,
            "since": format_instant(since, "seconds"),
            "until": format_instant(until, "seconds"),
            "limit": AUDIT_PAGE,
        }
        entries: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            page = await self.upstream.search_audit(query)
            entries += [_entry(item) for item in page["entries"]]
            if page["next"] is None:
                return entries[::-1]
            query["cursor"] = page["next"]
        raise ValueError("more entries than a report reads")


def bounds(days: Range) -> tuple[datetime, datetime]:
    """Midnight in India of the first day, and of the day after the last."""
    first = datetime.combine(days.first, time(), INDIA)
    return first, datetime.combine(days.last + timedelta(days=1), time(), INDIA)


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    payload = json.loads(item["payload"])
    return {
        "at": datetime.fromisoformat(item["occurred_at"]),
        "outcome": payload.get("outcome"),
        "details": payload.get("details") or {},
    }


def _kinds(changes: list[dict[str, Any]]) -> dict[str, int | float | str | None]:
    figures: dict[str, int | float | str | None] = {"all": len(changes)}
    for row in changes:
        figures[row["kind"]] = int(figures.get(row["kind"]) or 0) + 1
    return figures


def _no_answer(error: Exception) -> str:
    code = error.code if isinstance(error, AltScoreError) else "UNUSABLE"
    return _NO_ANSWER.format(code=code)
