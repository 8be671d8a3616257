"""`retailer.erased` as the vault signs it."""

from datetime import datetime
from typing import Any

from altscore_libs import testing_erasures
from altscore_libs.testing import SoftwareSigner

VAULT = SoftwareSigner("erasure-signing")


async def erased_fields(
    *retailer_ids: str, erased_at: datetime, signer: SoftwareSigner = VAULT, **change: Any
) -> dict[str, Any]:
    """Fields of the event of an erasure of these ids; `change` is what somebody changed after it was signed."""
    return await testing_erasures.erased_fields(retailer_ids, erased_at=erased_at, signer=signer, **change)
