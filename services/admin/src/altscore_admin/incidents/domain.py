"""Rules of incidents: severities, clocks, the steps of the response, and the chained timeline. No I/O, no clock.

Source: specification, security, incident response plan; decision 37. "Without delay" has no number there: ADR 0058 says
which ones this desk runs on.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import INDIA, format_instant

Severity = Literal["P1", "P2", "P3", "P4"]
Kind = Literal[
    "data_breach",
    "unauthorised_access",
    "ransomware",
    "platform_outage",
    "authentication_down",
    "model_serving_down",
    "consent_down",
    "anomalous_access",
    "component_degraded",
    "test_finding",
    "policy_violation",
    "vulnerability",
]
Clock = Literal["acknowledge", "ciso", "legal", "contain", "cert_in", "board", "board_details", "affected_people"]
ClockState = Literal["running", "due_soon", "overdue", "met", "missed", "void"]
Status = Literal["open", "contained", "closed"]
StepName = Literal[
    "acknowledge",
    "tell_ciso",
    "isolate_systems",
    "revoke_access",
    "preserve_evidence",
    "convene_response_team",
    "stop_processing",
    "contain",
    "tell_legal",
    "determine_reporting",
    "report_cert_in",
    "report_board",
    "report_board_details",
    "notify_affected_people",
    "notify_distributors",
    "notify_lenders",
    "publish_status",
    "restore_clean_state",
    "reissue_credentials",
    "verify_audit_chain",
    "restore_traffic",
    "review",
    "record_actions",
    "update_threat_model",
]
StepState = Literal["done", "not_needed"]

END_OF_BUSINESS = time(18, 0)
SATURDAY = 5
FIRST_DIGEST = "0" * 64
_RESPONSE: Mapping[Severity, Mapping[Clock, timedelta]] = {
    "P1": {
        "acknowledge": timedelta(minutes=15),
        "ciso": timedelta(minutes=5),
        "legal": timedelta(hours=1),
        "contain": timedelta(hours=1),
    },
    "P2": {"acknowledge": timedelta(minutes=30), "ciso": timedelta(minutes=30), "contain": timedelta(hours=4)},
    "P3": {"acknowledge": timedelta(hours=2), "contain": timedelta(hours=24)},
    "P4": {},
}
_REPORTS: Mapping[Clock, timedelta] = {
    "cert_in": timedelta(hours=6),
    "board": timedelta(hours=6),
    "board_details": timedelta(hours=72),
    "affected_people": timedelta(hours=24),
}
_REPORTED_UNLESS_DETERMINED = frozenset({"P1", "P2"})


class Step(NamedTuple):
    """A step of the response workflow, and the clock that it stops."""

    text: str
    clock: Clock | None = None


STEPS: Mapping[StepName, Step] = {
    "acknowledge": Step("Acknowledge the incident and take the lead", "acknowledge"),
    "tell_ciso": Step("Tell the CISO", "ciso"),
    "isolate_systems": Step("Isolate affected systems: block their network segment"),
    "revoke_access": Step("Revoke all active API tokens and sessions"),
    "preserve_evidence": Step("Take snapshots of affected instances before anything is repaired"),
    "convene_response_team": Step("Bring CISO, engineering lead and legal into one call"),
    "stop_processing": Step("Stop ingestion and serving while the scope is unclear"),
    "contain": Step("State that the incident is contained", "contain"),
    "tell_legal": Step("Tell legal counsel", "legal"),
    "determine_reporting": Step("Legal counsel determines who must be told"),
    "report_cert_in": Step("Report to CERT-In", "cert_in"),
    "report_board": Step("Tell the Data Protection Board", "board"),
    "report_board_details": Step("Give the Data Protection Board the details", "board_details"),
    "notify_affected_people": Step("Notify affected retailers", "affected_people"),
    "notify_distributors": Step("Notify affected distributors"),
    "notify_lenders": Step("Notify affected lenders"),
    "publish_status": Step("Update the status page, every two hours while the incident lasts"),
    "restore_clean_state": Step("Deploy patched or clean infrastructure from its code, nothing by hand"),
    "reissue_credentials": Step("Issue affected keys, certificates and tokens anew"),
    "verify_audit_chain": Step("Verify the audit chain before operations resume"),
    "restore_traffic": Step("Restore traffic in stages, under closer monitoring"),
    "review": Step("Review cause, gap of detection and response time"),
    "record_actions": Step("Record actions with owners and deadlines in the risk register"),
    "update_threat_model": Step("Update threat model and controls"),
}
# What a person must have stated before an incident of these severities is closed; the rest of the list is advice.
REQUIRED: Mapping[Severity, frozenset[StepName]] = {
    "P1": frozenset(STEPS),
    "P2": frozenset(STEPS),
    "P3": frozenset({"acknowledge", "contain", "review", "record_actions"}),
    "P4": frozenset({"acknowledge", "record_actions"}),
}


class ClockRow(NamedTuple):
    """A clock as it is kept."""

    clock: str
    due_at: datetime
    warn_at: datetime
    met_at: datetime | None
    met_by: str | None
    is_void: bool


@dataclass(frozen=True)
class TimelineEntry:
    """What a timeline holds of one act.

    Args:
        kind: of the act: opened, severity, step, switch, affected, notice, closed.
        subject: what it was about: a step, a switch, a notice.
        outcome: how it ended.
        note: of the person who acted; no personal data.
        details: figures and ids, all texts.
    """

    kind: str
    subject: str
    outcome: str
    note: str
    details: Mapping[str, str]


def next_business_day_end(aware_at: datetime) -> datetime:
    """18:00 in India on the next day from Monday to Friday after the day of awareness; holidays are not known here."""
    day = aware_at.astimezone(INDIA).date() + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, END_OF_BUSINESS, INDIA)


def due_times(severity: Severity, aware_at: datetime, *, is_reportable: bool | None) -> dict[Clock, datetime]:
    """When each clock of an incident is due.

    Args:
        severity: of the incident.
        aware_at: when we became aware; all clocks begin there, however late it was entered.
        is_reportable: what counsel determined; None lets the reports' clocks of P1 and P2 run.
    """
    limits = dict(_RESPONSE[severity])
    if is_reportable or (is_reportable is None and severity in _REPORTED_UNLESS_DETERMINED):
        limits |= _REPORTS
    due = {clock: aware_at + limit for clock, limit in limits.items()}
    return due if severity != "P4" else {"acknowledge": next_business_day_end(aware_at), **due}


def warn_time(aware_at: datetime, due_at: datetime) -> datetime:
    """When a clock is about to run out: three quarters of it are gone."""
    return due_at - (due_at - aware_at) / 4


def clock_state(row: ClockRow, now: datetime) -> ClockState:
    """Where a clock stands now; what was met late stays missed."""
    if row.met_at is not None:
        return "met" if row.met_at <= row.due_at else "missed"
    if row.is_void:
        return "void"
    if now > row.due_at:
        return "overdue"
    return "due_soon" if now >= row.warn_at else "running"


def missing_steps(severity: Severity, stated: Collection[str]) -> list[StepName]:
    """Required steps that nobody has stated, in the workflow's order."""
    return [step for step in STEPS if step in REQUIRED[severity] and step not in stated]


def entry_digest(incident_id: str, seq: int, entry: TimelineEntry, *, at: datetime, by: str, previous: str) -> str:
    """SHA-256 of the RFC 8785 entry and the digest before it, hex; what the audit chain holds of the entry."""
    content: dict[str, Any] = {
        "incident_id": incident_id,
        "seq": seq,
        "at": format_instant(at, "microseconds"),
        "by": by,
        "kind": entry.kind,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "note": entry.note,
        "details": dict(entry.details),
        "previous": previous,
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()
