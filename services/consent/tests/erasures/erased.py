"""`retailer.erased` as the vault signs it."""

import hashlib
from datetime import datetime
from typing import Any

from altscore_libs.canonical_json import canonical_json
from altscore_libs.consumer import Received
from altscore_libs.ids import uuid7
from altscore_libs.instants import format_instant
from altscore_libs.testing import SoftwareSigner

from ..conftest import NOW, RETAILER

VAULT = SoftwareSigner("erasure-signing")
ALIAS = "ret_00000000000000aa"
REQUEST = f"rgt_{'1' * 32}"


async def erased_event(
    *retailer_ids: str, signer: SoftwareSigner = VAULT, erased_at: datetime = NOW, **change: Any
) -> Received:
    """The event of an erasure of these ids; `change` is what somebody changed after it was signed."""
    ids = sorted(retailer_ids or (RETAILER,))
    content = {
        "schema": "altscore.erasure-certificate.1",
        "request_id": REQUEST,
        "retailer_ids": ids,
        "erased_at": format_instant(erased_at, "microseconds"),
        "key_id": signer.key_id,
    }
    text = canonical_json(content)
    data = {
        "retailer_id": ids[-1],
        "retailer_ids": ids,
        "request_id": REQUEST,
        "erased_at": erased_at,
        "tombstones": [],
        "certificate": text.decode(),
        "signature": (await signer.sign(hashlib.sha256(text).digest())).hex(),
    }
    return Received(
        event_id=uuid7(),
        name="retailer.erased",
        topic="altscore.privacy",
        key=ids[-1],
        occurred_at=erased_at,
        producer="vault",
        producer_seq=1,
        data=data | change,
    )
