"""Decisions about models beside promotions: challengers, freezes and their ends. What is not signed does not count.

Two different persons sign each of them with the key of promotions. The engine itself may only freeze (GR-6) and refuse
a model that it cannot load, with the key of its scores: it can stop, and never start again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from altscore_libs.signer import SignatureVerifier

from altscore_scoring.errors import DecisionRefused
from altscore_scoring.promotions.domain import KEY_LABEL
from altscore_scoring.scores.signing import KEY_LABEL as ENGINE_KEY_LABEL

CHALLENGER_KINDS = ("challenger", "challenger_withdrawn")
REFUSED = "model_refused"
AUTOMATIC_KINDS = ("freeze", REFUSED)
KINDS = (*CHALLENGER_KINDS, "freeze", "unfreeze", REFUSED)
_FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "challenger": ("model_version", "model_sha256", "artifact_uri"),
    "challenger_withdrawn": (),
    "freeze": ("reason",),
    "unfreeze": ("freeze_id",),
    REFUSED: ("promotion_id", "model_sha256"),
}


class SignedDecision(NamedTuple):
    """A decision as it arrives and as it is kept; nothing of it counts before `verify_decision`."""

    decision_id: str
    kind: str
    model_name: str
    record: str
    signature_key_id: str
    signature: str


class Decision(NamedTuple):
    """A decision whose signature holds; `fields` are those of its kind, out of the signed record."""

    decision_id: str
    kind: str
    model_name: str
    decided_at: datetime
    fields: Mapping[str, str]
    is_automatic: bool


def verify_decision(signed: SignedDecision, keys: SignatureVerifier) -> Decision:
    """The decision behind an event or a row.

    Raises:
        DecisionRefused: the signature is invalid or of another purpose, the record says something else or is not whole,
            one person both proposed and approved, or a key signed what its owner may not decide.
    """
    is_automatic = signed.signature_key_id.startswith(f"{ENGINE_KEY_LABEL}-")
    if not is_automatic and not signed.signature_key_id.startswith(f"{KEY_LABEL}-"):
        raise DecisionRefused("the decision is signed with a key of another purpose")
    record = _signed_record(signed, keys)
    if any(record.get(name) != getattr(signed, name) for name in ("decision_id", "kind", "model_name")):
        raise DecisionRefused("the decision differs from its signed record")
    is_ours = signed.kind == "freeze" or is_automatic == (signed.kind == REFUSED)
    if signed.kind not in KINDS or not is_ours:
        raise DecisionRefused("nobody may decide this with this key")
    people = (record.get("proposed_by"), record.get("approved_by"))
    if not is_automatic and (not all(people) or people[0] == people[1]):
        raise DecisionRefused("a decision needs two different people")
    names = _FIELDS_OF[signed.kind]
    fields = {name: record[name] for name in names if isinstance(record.get(name), str) and record[name]}
    if len(fields) != len(names):
        raise DecisionRefused("the signed record is not whole")
    return Decision(
        decision_id=signed.decision_id,
        kind=signed.kind,
        model_name=signed.model_name,
        decided_at=_instant(record.get("approved_at")),
        fields=fields,
        is_automatic=is_automatic,
    )


def _signed_record(signed: SignedDecision, keys: SignatureVerifier) -> dict[str, Any]:
    try:
        signature, record = bytes.fromhex(signed.signature), json.loads(signed.record)
    except ValueError as error:
        raise DecisionRefused("the decision cannot be read") from error
    if not isinstance(record, dict):
        raise DecisionRefused("the decision cannot be read")
    if not keys.verify(signed.signature_key_id, hashlib.sha256(signed.record.encode()).digest(), signature):
        raise DecisionRefused("the decision's signature does not hold")
    return record


def _instant(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise DecisionRefused("the signed record names no instant") from error
    if at.tzinfo is None:
        raise DecisionRefused("the signed record names no instant")
    return at


def verified(rows: Iterable[SignedDecision], keys: SignatureVerifier) -> Iterable[Decision]:
    """Those of the rows that count, in their order; each is verified only when it is asked for."""
    for row in rows:
        try:
            yield verify_decision(row, keys)
        except DecisionRefused:
            continue  # a row that nobody signed changes nothing
