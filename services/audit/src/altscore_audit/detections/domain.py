"""The alert rules of the specification over entries of the chains and a given instant. No I/O, no clock.

A detector is fed every entry once, in the chain's order. What it says follows from the entries alone: whoever feeds the
same entries gets the same detections.
"""

import ipaddress
import json
from bisect import insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from altscore_libs.instants import INDIA

from altscore_audit.chain.domain import Link

LOOKBACK = timedelta(days=8)
"""How long what was seen before counts: a grievance is overdue after seven days, a spike is one against seven days."""

RULES = (
    *("admin_access", "consent_revoked", "failed_auth", "grievance_overdue", "model_promoted"),
    *("new_network", "score_rate", "score_spike", "unusual_hours"),
)
_SINGLE = {
    "consent_revoked": "consent_revoked",
    "model_promoted": "model_promoted",
    **dict.fromkeys(
        ("admin_data_access", "raw_access_read", "retailer_exported", "retailer_scores_read", "consent_exported"),
        "admin_access",
    ),
}
_CALLS = frozenset({"score_requested", "score_refused"})
_OF_OPERATORS = frozenset({"operator_signed_in", "admin_action", "admin_data_access", "raw_access_read"})
_FIRST_HOUR, _LAST_HOUR = 7, 21  # in India; the hour from 21:00 is worked
_SUNDAY = 6
_RATE = (101, timedelta(minutes=1))
_FAILURES = (5, timedelta(minutes=10))
_SPIKE_LEAST_CALLS = 200
_SPIKE_RATIO = 3
_KNOWN_AFTER = timedelta(days=1)
_RESOLVE_WITHIN = timedelta(days=7)
_LATEST = timedelta(hours=1)  # how much later than it happened an entry still counts into a burst


class Detection(NamedTuple):
    """A rule that was met: with which entry, and when."""

    rule: str
    chain: str
    seq: int
    at: datetime


class _Event(NamedTuple):
    """What the rules read of an entry; a field that it lacks, or that is no text, is empty."""

    link: Link
    actor: str
    details: dict[str, Any]

    def detail(self, name: str) -> str:
        value = self.details.get(name)
        return value if isinstance(value, str) else ""


class _Bursts:
    """Says when the newest `number` occurrences of a key lie within a window; then it counts anew."""

    def __init__(self, number: int, window: timedelta) -> None:
        self._number, self._window = number, window
        self._times: defaultdict[str, list[datetime]] = defaultdict(list)

    def add(self, key: str, at: datetime, occurrences: int = 1) -> bool:
        times = self._times[key]
        for _ in range(min(occurrences, self._number)):
            insort(times, at)  # entries of several producers are not in order of time
        del times[: -self._number]
        if len(times) < self._number or times[-1] - times[0] >= self._window:
            return False
        del self._times[key]
        return True

    def forget(self, before: datetime) -> None:
        self._times = defaultdict(list, {key: times for key, times in self._times.items() if times[-1] >= before})


@dataclass
class _Caller:
    """What is known of a lender's calls."""

    since: datetime
    networks: dict[str, datetime] = field(default_factory=dict)
    hours: dict[datetime, int] = field(default_factory=dict)
    reported: datetime | None = None


class Detector:
    """All rules over the entries of all chains."""

    def __init__(self) -> None:
        self._rate, self._failures = _Bursts(*_RATE), _Bursts(*_FAILURES)
        self._callers: dict[str, _Caller] = {}
        self._grievances: dict[str, Link] = {}
        self._unusual: dict[tuple[str, str], datetime] = {}

    def feed(self, link: Link) -> list[Detection]:
        """What an entry brings about."""
        event = _read(link)
        return [
            Detection(rule=rule, chain=link.chain, seq=link.seq, at=link.occurred_at) for rule in self._rules_met(event)
        ]

    def tick(self, now: datetime) -> list[Detection]:
        """What has become due by now, without an entry; and what is too old to count is forgotten."""
        due = [(key, link) for key, link in self._grievances.items() if now - link.occurred_at > _RESOLVE_WITHIN]
        for key, _ in due:
            del self._grievances[key]
        self._forget(now - LOOKBACK)
        return [
            Detection(rule="grievance_overdue", chain=link.chain, seq=link.seq, at=link.occurred_at + _RESOLVE_WITHIN)
            for _, link in due
        ]

    def _rules_met(self, event: _Event) -> Iterator[str]:
        action, at = event.link.action, event.link.occurred_at
        if action in _SINGLE:
            yield _SINGLE[action]
        if action == "failed_auth" and self._failures.add(_source(event), at, _number(event)):
            yield "failed_auth"
        if action in _OF_OPERATORS and self._is_at_an_unusual_hour(event):
            yield "unusual_hours"
        if action in _CALLS:
            yield from self._call(event)
        if action == "grievance_filed":
            self._grievances[event.detail("grievance_id")] = event.link
        elif action == "grievance_resolved":
            self._grievances.pop(event.detail("grievance_id"), None)

    def _call(self, event: _Event) -> Iterator[str]:
        at = event.link.occurred_at
        caller = self._callers.setdefault(event.actor, _Caller(since=at))
        if self._rate.add(event.actor, at):
            yield "score_rate"
        hour = at.replace(minute=0, second=0, microsecond=0)
        caller.hours[hour] = caller.hours.get(hour, 0) + 1
        if caller.reported != hour and _is_spike(caller, hour):
            caller.reported = hour
            yield "score_spike"
        network = _network(event.detail("request_ip"))
        if network is not None:
            if network not in caller.networks and at - caller.since >= _KNOWN_AFTER:
                yield "new_network"
            caller.networks[network] = at

    def _is_at_an_unusual_hour(self, event: _Event) -> bool:
        """The first act of a person at such hours of a day."""
        at = event.link.occurred_at.astimezone(INDIA)
        if at.weekday() != _SUNDAY and _FIRST_HOUR <= at.hour <= _LAST_HOUR:
            return False
        key = (event.actor, at.date().isoformat())
        is_first = key not in self._unusual
        self._unusual[key] = event.link.occurred_at
        return is_first

    def _forget(self, before: datetime) -> None:
        self._rate.forget(before + LOOKBACK - _LATEST)
        self._failures.forget(before + LOOKBACK - _LATEST)
        self._unusual = {key: at for key, at in self._unusual.items() if at >= before}
        for caller in self._callers.values():
            caller.hours = {hour: calls for hour, calls in caller.hours.items() if hour >= before}
            caller.networks = {network: at for network, at in caller.networks.items() if at >= before}
        self._callers = {actor: caller for actor, caller in self._callers.items() if caller.hours}


def _is_spike(caller: _Caller, hour: datetime) -> bool:
    """At least 200 calls in an hour, and three times as many as in any hour of the seven days before."""
    before = [calls for at, calls in caller.hours.items() if timedelta() < hour - at <= timedelta(days=7)]
    if not before or hour - caller.since < _KNOWN_AFTER:
        return False
    return caller.hours[hour] >= max(_SPIKE_LEAST_CALLS, _SPIKE_RATIO * max(before))


def failures_of(link: Link) -> int:
    """How many failed authentications an entry stands for."""
    return _number(_read(link))


def is_of_operators(action: str) -> bool:
    """Whether an entry tells what an operator did."""
    return action in _OF_OPERATORS


def _read(link: Link) -> _Event:
    try:
        fields: Any = json.loads(link.payload)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return _Event(link, "", {})
    actor, details = fields.get("actor"), fields.get("details")
    return _Event(link, actor if isinstance(actor, str) else "", details if isinstance(details, dict) else {})


def _source(event: _Event) -> str:
    """Where failed authentications come from; without an address: whom they name."""
    return event.detail("request_ip") or event.detail("source") or event.actor


def _number(event: _Event) -> int:
    """How many failures an entry stands for: summaries name theirs."""
    number = event.detail("number")
    return int(number) if number.isdecimal() and len(number) < 10 else 1


def _network(address: str) -> str | None:
    """The /24 or /48 of an address; no place in the world is known of it."""
    try:
        length = 24 if ipaddress.ip_address(address).version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{length}", strict=False))
    except ValueError:
        return None
