"""Bodies of erasures."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from altscore_admin.erasures.service import Proof


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
