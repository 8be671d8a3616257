"""The manifest of a batch that counts, on its way to Bronze. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from altscore_ingestion.batches.domain import Counts


@dataclass(frozen=True)
class PendingManifest:
    """The manifest of a batch that counts, before it is known to be in Bronze, and what its event says."""

    batch_id: str
    distributor_id: str
    erp_type: str
    uri: str
    body: bytes
    event_id: UUID
    counts: Counts
    completeness: Decimal
    invoiced_inr: Decimal

    def event(self, manifest_sha256: str) -> dict[str, Any]:
        """The fields of ingestion.batch.complete."""
        return {
            "batch_id": self.batch_id,
            "distributor_id": self.distributor_id,
            "erp_type": self.erp_type,
            "manifest_uri": self.uri,
            "manifest_sha256": manifest_sha256,
            **self.counts._asdict(),
            "record_count": self.counts.accepted,
            "completeness_score": float(self.completeness),
            "amount_inr": self.invoiced_inr,
        }
