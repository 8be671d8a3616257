"""Evidence: what a score or block was made of, as content-addressed RFC 8785 records."""

from typing import Any, NamedTuple

from altscore_scoring.canon import canonical, code_version, sha256_hex
from altscore_scoring.clients import Consent
from altscore_scoring.domain import Monitors, Outcome, Scored
from altscore_scoring.features import Feature
from altscore_scoring.sealing import SealContext
from altscore_scoring.store import GoldRun


class Piece(NamedTuple):
    """One record of evidence."""

    digest: str
    kind: str
    body: str


def piece(kind: str, record: dict[str, Any]) -> Piece:
    """A record with the digest of its canonical bytes."""
    raw = canonical(record)
    return Piece(sha256_hex(raw), kind, raw.decode())


def run_piece(run: GoldRun, seal: SealContext, monitors: Monitors) -> Piece:
    """What all outcomes of a job share: the run, the model, the rules, the run-wide measurements and the code."""
    record = {
        "run_id": run.run_id,
        "run_key": run.run_key,
        "manifest_sha256": run.manifest_sha256,
        "as_of_on": run.as_of_on.isoformat(),
        "consent_version": run.consent_version,
        "monitors": vars(monitors),
        "code_version": code_version(),
        **seal._asdict(),
    }
    return piece("run", record)


def outcome_piece(
    outcome: Outcome, consent: Consent, features: tuple[Feature, ...], *, features_digest: str, run_digest: str
) -> Piece:
    """How one outcome came about: its inputs by digest, consent, route, margin and exact contributions."""
    strangeness = outcome.strangeness
    record: dict[str, Any] = {
        "features": features_digest,
        "run": run_digest,
        "retailer_id": outcome.retailer_id,
        "consent": consent._asdict(),
        "strangeness": None if strangeness is None else strangeness._asdict(),
    }
    if not isinstance(outcome, Scored):
        return piece("block", {**record, "reason": outcome.reason})
    names = [*(feature.name for feature in features), "expectation"]
    contributions = dict(zip(names, outcome.contributions, strict=True))
    return piece("score", {**record, "route": outcome.route, "margin": outcome.margin, "contributions": contributions})
