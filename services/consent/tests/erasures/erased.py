"""`retailer.erased` as the vault signs it."""

from datetime import datetime
from typing import Any

from altscore_libs import testing_erasures
from altscore_libs.consumer import Received
from altscore_libs.testing import SoftwareSigner

from ..conftest import NOW, RETAILER

VAULT = SoftwareSigner("erasure-signing")
ALIAS = "ret_00000000000000aa"


async def erased_event(
    *retailer_ids: str, signer: SoftwareSigner = VAULT, erased_at: datetime = NOW, **change: Any
) -> Received:
    """The event of an erasure of these ids; `change` is what somebody changed after it was signed."""
    ids = retailer_ids or (RETAILER,)
    return await testing_erasures.erased_event(ids, erased_at=erased_at, signer=signer, **change)
