"""Query and bodies of the proofs."""

from typing import Annotated, Literal, Self
from uuid import UUID

from altscore_libs.types import RequestId
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from altscore_audit.chain.domain import MAX_SEQ
from altscore_audit.chain.schemas import EntryOut, entry_out
from altscore_audit.checkpoints.domain import Checkpoint, Cosignature
from altscore_audit.proofs.domain import ConsistencyProof, InclusionProof

RetailerId = Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")]
Size = Annotated[int, Field(ge=1, le=MAX_SEQ)]


class ProofsIn(BaseModel):
    """Whose entries are proven: an event's, a request's, or those about a score, a grievance or a consent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    event_id: UUID | None = None
    request_id: RequestId | None = None
    record_id: Annotated[str, StringConstraints(pattern=r"^(scr|grv|cns)_[0-9a-f]{32}$")] | None = None
    retailer_id: RetailerId | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if [self.event_id, self.request_id, self.record_id].count(None) != 2:
            raise ValueError("either event_id, request_id or record_id is expected")
        if (self.record_id is None) != (self.retailer_id is None):
            raise ValueError("retailer_id is expected with record_id")
        return self


class LenderProofsIn(BaseModel):
    """Whose entries are proven to a lender: a request's, or those about a score or a grievance of a retailer."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    request_id: RequestId | None = None
    record_id: Annotated[str, StringConstraints(pattern=r"^(scr|grv)_[0-9a-f]{32}$")] | None = None
    retailer_id: RetailerId | None = None

    @model_validator(mode="after")
    def _names_either(self) -> Self:
        if (self.request_id is None) == (self.record_id is None):
            raise ValueError("either request_id or record_id is expected")
        if (self.record_id is None) != (self.retailer_id is None):
            raise ValueError("retailer_id is expected with record_id")
        return self


class ConsistencyIn(BaseModel):
    """Two sizes of a chain's tree."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    chain: Literal["general", "failed_auth"] = "general"
    first: Size
    second: Size


class CheckpointsIn(BaseModel):
    """Signed checkpoints of a chain behind a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    chain: Literal["general", "failed_auth"] = "general"
    after: int = Field(default=0, ge=0, le=MAX_SEQ)
    limit: int = Field(default=100, ge=1, le=1_000)


class CheckpointOut(BaseModel):
    """A signed checkpoint: `document` is the exact text that is signed (ECDSA P-256, SHA-256, r || s in hex)."""

    document: str
    signature: str


class CosignatureOut(BaseModel):
    """The witness's signature over the checkpoint: `statement` is the exact text that it signed."""

    statement: str
    signature: str


class ProofOut(BaseModel):
    """A bundle that the offline verifier reads: an entry, its path in the tree, the signed checkpoint above it.

    The leaf is SHA-256(0x00 || entry_hash), its index is seq − 1, the tree has as many leaves as the checkpoint says.
    """

    version: Literal[2] = 2
    entry: EntryOut
    path: list[str]
    checkpoint: CheckpointOut
    cosignature: CosignatureOut | None


class ProofsOut(BaseModel):
    """Proofs, oldest entry first; `unsigned` are entries that no checkpoint covers yet, for a minute at most."""

    proofs: list[ProofOut]
    unsigned: list[EntryOut]


class LenderProofsOut(BaseModel):
    """Proofs of what the lender did and may be handed, oldest first, and how many more wait for a checkpoint."""

    proofs: list[ProofOut]
    unsigned: int


class ConsistencyOut(BaseModel):
    """The path of RFC 9162, section 2.1.4, from the tree of `first` entries to that of `second`."""

    version: Literal[1] = 1
    chain: str
    first: int
    second: int
    path: list[str]


class CheckpointsOut(BaseModel):
    """Checkpoints in order; `next` is the `after` of the following page, null at the end."""

    checkpoints: list[CheckpointOut]
    next: int | None


def checkpoint_out(checkpoint: Checkpoint) -> CheckpointOut:
    """A checkpoint as the API shows it."""
    return CheckpointOut(document=checkpoint.document, signature=checkpoint.signature.hex())


def cosignature_out(cosignature: Cosignature | None) -> CosignatureOut | None:
    """The witness's signature as the API shows it; None where no witness has signed yet."""
    if cosignature is None:
        return None
    return CosignatureOut(statement=cosignature.statement, signature=cosignature.signature.hex())


def proof_out(proof: InclusionProof) -> ProofOut:
    """A proof as the API shows it."""
    return ProofOut(
        entry=entry_out(proof.link),
        path=[sibling.hex() for sibling in proof.path],
        checkpoint=checkpoint_out(proof.checkpoint),
        cosignature=cosignature_out(proof.cosignature),
    )


def consistency_out(proof: ConsistencyProof) -> ConsistencyOut:
    """A consistency proof as the API shows it."""
    return ConsistencyOut(
        chain=proof.chain,
        first=proof.first,
        second=proof.second,
        path=[sibling.hex() for sibling in proof.path],
    )
