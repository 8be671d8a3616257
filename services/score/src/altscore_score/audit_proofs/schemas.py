"""Query and body of GET /v1/audit-proofs."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import RequestId, StrictModel, public_id
from pydantic import BaseModel, Field

from altscore_score.scores.schemas import RetailerId

_HASH = r"^[0-9a-f]{64}$"
Hash = Annotated[str, Field(pattern=_HASH)]


class AuditProofRequest(StrictModel):
    """One id, and with a score's or a grievance's the retailer that it is about."""

    request_id: RequestId | None = None
    score_id: Annotated[str, public_id("scr")] | None = None
    grievance_id: Annotated[str, public_id("grv")] | None = None
    retailer_id: RetailerId | None = None


class ProvenEntryItem(BaseModel):
    """An entry of the audit trail."""

    chain: Annotated[str, Field(description="The chain it stands in.")]
    seq: Annotated[int, Field(ge=1, description="Its number there; its leaf in the tree is `seq` - 1.")]
    event_id: Annotated[str, Field(description="Id of the entry.")]
    occurred_at: Annotated[datetime, Field(description="When it happened, UTC.")]
    recorded_at: Annotated[datetime, Field(description="When it was chained, UTC.")]
    action: Annotated[str, Field(description="`score_requested` and `score_refused` among others.")]
    payload: Annotated[
        str, Field(description="The exact text that is hashed: JSON, with your client id as `actor` and the outcome.")
    ]
    prev_hash: Annotated[Hash, Field(description="Hash of the entry before it.")]
    entry_hash: Annotated[Hash, Field(description="Its own.")]


class CheckpointItem(BaseModel):
    """A signed root of the tree over the whole chain."""

    document: Annotated[str, Field(description="The exact text that is signed: JSON with size and root of the tree.")]
    signature: Annotated[str, Field(description="ECDSA P-256 over SHA-256 of it, r and s in hexadecimal.")]


class CosignatureItem(BaseModel):
    """The signature of the witness, who verifies the whole trail all the time, over the checkpoint."""

    statement: Annotated[str, Field(description="The exact text that is signed: JSON with the checkpoint's digest.")]
    signature: Annotated[str, Field(description="ECDSA P-256 over SHA-256 of it, r and s in hexadecimal.")]


class AuditProofItem(BaseModel):
    """That one entry stands in the audit trail."""

    version: Annotated[Literal[1, 2], Field(description="Form of this proof; 1 has no cosignature.")]
    entry: Annotated[ProvenEntryItem, Field(description="What was written of your call.")]
    path: Annotated[list[Hash], Field(description="Siblings from its leaf to the root (RFC 9162).")]
    checkpoint: Annotated[CheckpointItem, Field(description="The signed root that the path leads to.")]
    cosignature: Annotated[
        CosignatureItem | None, Field(description="Of the witness; null where no tree that holds the entry has one.")
    ] = None


class AuditProofsResponse(BaseModel):
    """A file for the offline verifier."""

    proofs: Annotated[
        list[AuditProofItem], Field(min_length=1, max_length=20, description="Oldest entry first, 20 at most.")
    ]


class AuditKeyItem(BaseModel):
    """A public key of the audit trail."""

    name: Annotated[str, Field(description="`audit-checkpoint.pem` or `audit-witness.pem`; older keys are numbered.")]
    pem: Annotated[str, Field(description="ECDSA P-256 as PEM.")]


class AuditKeysResponse(BaseModel):
    """A file for the offline verifier: `--public-key` and `--witness-key` take it."""

    keys: Annotated[list[AuditKeyItem], Field(description="Those that sign now, and former ones.")]
