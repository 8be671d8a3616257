"""Evidence: what a score or block was computed from, as content-addressed RFC 8785 records."""

from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_json

from altscore_scoring.clients import Consent
from altscore_scoring.digests import sha256_hex
from altscore_scoring.runs.domain import GoldRun
from altscore_scoring.scores.domain import Monitors, Outcome, Scored
from altscore_scoring.scores.signing import RecordContext


class EvidenceItem(NamedTuple):
    """One record of evidence: its digest, its kind and its canonical text."""

    digest: str
    kind: str
    body: str


def evidence_item(kind: str, record: dict[str, Any]) -> EvidenceItem:
    """A record with the digest of its canonical bytes."""
    raw = canonical_json(record)
    return EvidenceItem(sha256_hex(raw), kind, raw.decode())


def run_evidence(run: GoldRun, context: RecordContext, monitors: Monitors, *, code_version: str) -> EvidenceItem:
    """What all outcomes of a job share: the run, the model, the rules, the run-wide measurements and the code."""
    record = {
        "run_id": run.run_id,
        "run_key": run.run_key,
        "manifest_sha256": run.manifest_sha256,
        "as_of_on": run.as_of_on.isoformat(),
        "consent_version": run.consent_version,
        "monitors": vars(monitors),
        "code_version": code_version,
        **context._asdict(),
    }
    return evidence_item("run", record)


def outcome_evidence(
    outcome: Outcome, consent: Consent, *, features_digest: str | None, run_digest: str | None
) -> EvidenceItem:
    """How one outcome came about: its inputs by digest, consent, anomaly, and the sections of the model's work.

    Args:
        outcome: the score or block.
        consent: as it was checked.
        features_digest: of the retailer's features; None where no run was looked at.
        run_digest: of the evidence that the whole job shares.
    """
    record: dict[str, Any] = {
        "features": features_digest,
        "run": run_digest,
        "retailer_id": outcome.retailer_id,
        "consent": consent._asdict(),
        "strangeness": None if outcome.anomaly is None else outcome.anomaly._asdict(),
        **outcome.sections,
    }
    if isinstance(outcome, Scored):
        return evidence_item("score", record)
    return evidence_item("block", {**record, "reason": outcome.reason})
