"""Bodies of erasures."""

import json
from datetime import datetime
from typing import Annotated, Any

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin.erasures.domain import Proposal
from altscore_admin.erasures.service import Proof


class ApproveIn(StrictModel):
    """What the second person states: the digest of the content that they were shown."""

    content_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ProposalOut(BaseModel):
    """What is proposed and waits for a second person."""

    approval_id: str
    state: str = "open"
    content: dict[str, Any]
    content_sha256: str
    proposed_by: str
    proposed_at: datetime


class StoreReportOut(BaseModel):
    """What a store said: how many rows went."""

    store: str
    reported_at: datetime
    counts: dict[str, str]


class ProofOut(BaseModel):
    """The vault's certificate, what stores reported, and the signed report once all of them have.

    `python -m altscore_admin verify-erasure` verifies it offline: signatures are r||s, hex, over SHA-256 of the RFC
    8785 form.
    """

    certificate: dict[str, Any]
    certificate_signature: str
    reports: list[StoreReportOut]
    missing: list[str] = Field(description="Stores that have not reported yet.")
    report: dict[str, Any] | None
    signature: str | None


def proposal_out(proposal: Proposal) -> ProposalOut:
    """A proposal as it is shown."""
    return ProposalOut(**proposal._asdict())


def proof_out(proof: Proof) -> ProofOut:
    """A proof as it is shown."""
    row = proof.row
    return ProofOut(
        certificate=json.loads(row["certificate"]),
        certificate_signature=row["certificate_signature"],
        reports=[StoreReportOut(**report._asdict()) for report in proof.reports],
        missing=proof.missing,
        report=json.loads(row["report"]) if row["report"] is not None else None,
        signature=row["report_signature"],
    )
