"""Query and body about segments."""

from typing import Literal

from altscore_libs.types import IsoInstant
from pydantic import BaseModel, ConfigDict

from altscore_audit.proofs.schemas import CheckpointOut, CosignatureOut, checkpoint_out, cosignature_out
from altscore_audit.segments.service import ProvenSegment


class SegmentsIn(BaseModel):
    """Of which chain."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    chain: Literal["general", "failed_auth"] = "general"


class SignedOut(BaseModel):
    """A segment: `document` is the exact text that is signed (ECDSA P-256, SHA-256, r || s in hex)."""

    document: str
    signature: str


class DecisionOut(BaseModel):
    """What two persons decided: `record` is the exact text that is signed."""

    record: str
    key_id: str
    signature: str


class SegmentOut(BaseModel):
    """A bundle that the offline verifier reads, and what the segment says; `is_gone` once its entries are deleted."""

    version: Literal[1] = 1
    chain: str
    month: str
    first_seq: int
    last_seq: int
    due_at: IsoInstant
    sha256: str
    is_gone: bool
    segment: SignedOut
    decision: DecisionOut | None
    path: list[str]
    checkpoint: CheckpointOut
    cosignature: CosignatureOut | None


class SegmentsOut(BaseModel):
    """The segments of a chain, oldest first; those that are deleted stay."""

    segments: list[SegmentOut]


def segment_out(proven: ProvenSegment) -> SegmentOut:
    """A segment as the API shows it."""
    segment = proven.signed.segment
    return SegmentOut(
        chain=segment.chain,
        month=segment.month,
        first_seq=segment.first_seq,
        last_seq=segment.last_seq,
        due_at=segment.due_at,
        sha256=proven.signed.sha256,
        is_gone=proven.is_gone,
        segment=SignedOut(document=proven.signed.document, signature=proven.signed.signature),
        decision=DecisionOut(**proven.decision._asdict()) if proven.decision is not None else None,
        path=[sibling.hex() for sibling in proven.path],
        checkpoint=checkpoint_out(proven.tree.checkpoint),
        cosignature=cosignature_out(proven.tree.cosignature),
    )
