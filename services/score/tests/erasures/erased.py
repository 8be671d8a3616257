"""`retailer.erased` as the vault signs it."""

import hashlib
from datetime import datetime
from typing import Any

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant
from altscore_libs.testing import SoftwareSigner

VAULT = SoftwareSigner("erasure-signing")


async def erased_fields(
    *retailer_ids: str, erased_at: datetime, signer: SoftwareSigner = VAULT, **change: Any
) -> dict[str, Any]:
    """Fields of the event of an erasure of these ids; `change` is what somebody changed after it was signed."""
    ids, request_id = sorted(retailer_ids), f"rgt_{'1' * 32}"
    content = {
        "schema": "altscore.erasure-certificate.1",
        "request_id": request_id,
        "retailer_ids": ids,
        "erased_at": format_instant(erased_at, "microseconds"),
        "key_id": signer.key_id,
    }
    text = canonical_json(content)
    return {
        "retailer_id": ids[-1],
        "retailer_ids": ids,
        "request_id": request_id,
        "erased_at": erased_at,
        "tombstones": [],
        "certificate": text.decode(),
        "signature": (await signer.sign(hashlib.sha256(text).digest())).hex(),
    } | change
