"""For tests of who acts on `retailer.erased`: the event as the vault signs it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from altscore_libs.canonical_json import canonical_json
from altscore_libs.consumer import Received
from altscore_libs.erasures import SCHEMA
from altscore_libs.ids import uuid7
from altscore_libs.instants import format_instant
from altscore_libs.testing import SoftwareSigner

REQUEST = f"rgt_{'1' * 32}"


async def erased_fields(
    retailer_ids: Sequence[str], /, *, erased_at: datetime, signer: SoftwareSigner, **change: Any
) -> dict[str, Any]:
    """Fields of the event of an erasure of these ids; `change` is what somebody changed after it was signed."""
    ids = sorted(retailer_ids)
    content = {
        "schema": SCHEMA,
        "request_id": REQUEST,
        "retailer_ids": ids,
        "erased_at": format_instant(erased_at, "microseconds"),
        "key_id": signer.key_id,
    }
    text = canonical_json(content)
    return {
        "retailer_id": ids[-1],
        "retailer_ids": ids,
        "request_id": REQUEST,
        "erased_at": erased_at,
        "tombstones": [],
        "certificate": text.decode(),
        "signature": (await signer.sign(hashlib.sha256(text).digest())).hex(),
    } | change


async def erased_event(
    retailer_ids: Sequence[str], /, *, erased_at: datetime, signer: SoftwareSigner, **change: Any
) -> Received:
    """The event with the fields of `erased_fields`, as a consumer receives it."""
    return Received(
        event_id=uuid7(),
        name="retailer.erased",
        topic="altscore.privacy",
        key=max(retailer_ids),
        occurred_at=erased_at,
        producer="vault",
        producer_seq=1,
        data=await erased_fields(retailer_ids, erased_at=erased_at, signer=signer, **change),
    )
