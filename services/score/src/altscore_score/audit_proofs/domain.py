"""What a lender is handed to prove what it was told, and what it may ask for. No I/O, no clock."""

import json
from typing import NamedTuple

import msgspec

from altscore_score.errors import AuditEntryNotFound, AuditProofPending


class ProofQuery(NamedTuple):
    """Whose entries are proven: a request's, or those about a score or a grievance of a retailer."""

    id_name: str
    """`request_id`, `score_id` or `grievance_id`."""
    identifier: str
    retailer_id: str | None = None

    def parameters(self) -> dict[str, str]:
        """As parameters of the audit service."""
        if self.retailer_id is None:
            return {"request_id": self.identifier}
        return {"record_id": self.identifier, "retailer_id": self.retailer_id}


class ProvenEntry(msgspec.Struct, frozen=True):
    """An entry of the audit trail; `payload` is the exact text that is hashed."""

    chain: str
    seq: int
    event_id: str
    occurred_at: str
    recorded_at: str
    action: str
    payload: str
    prev_hash: str
    entry_hash: str


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """The signed root of the tree: the exact text that is signed, and its signature."""

    document: str
    signature: str


class Cosignature(msgspec.Struct, frozen=True):
    """The witness's signature over a checkpoint: the exact text that it signed, and its signature."""

    statement: str
    signature: str


class Proof(msgspec.Struct, frozen=True):
    """An entry, its path in the tree and the checkpoint above it, which the witness may have signed too.

    The verifier reads a proof strictly, so nothing is added to one of the first version, which has no cosignature.
    """

    version: int
    entry: ProvenEntry
    path: list[str]
    checkpoint: SignedCheckpoint
    cosignature: Cosignature | msgspec.UnsetType | None = msgspec.UNSET


class Proofs(msgspec.Struct, frozen=True):
    """What the audit service answers; `unsigned` counts the entries that no checkpoint covers yet."""

    proofs: list[Proof]
    unsigned: int

    def are_of(self, lender_id: str) -> bool:
        """Whether every entry is an act of this lender."""
        return all(_actor(proof.entry.payload) == lender_id for proof in self.proofs)


def _actor(payload: str) -> object:
    try:
        fields = json.loads(payload)
    except ValueError:
        return None
    return fields.get("actor") if isinstance(fields, dict) else None


def require_proven(proofs: Proofs) -> None:
    """Passes when there is something to hand out.

    Raises:
        AuditProofPending: the entries are there, and no checkpoint covers them yet.
        AuditEntryNotFound: there are none of this lender's.
    """
    if not proofs.proofs:
        raise AuditProofPending() if proofs.unsigned else AuditEntryNotFound()


def proofs_body(proofs: Proofs) -> bytes:
    """The body of a 200: a file for the offline verifier, with nothing in it that no signature covers."""
    return msgspec.json.encode({"proofs": proofs.proofs})
