"""What the vault signs is what the consumers of `retailer.erased` accept."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from altscore_ingestion.vault.erasures.domain import Erasure, Holding, certificate
from altscore_ingestion.vault.erasures.service import _event
from altscore_libs.erasures import certified_erasure
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.signer import NotAuthentic
from altscore_libs.testing import SCHEMAS, SoftwareSigner

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
IDS = ("ret_00000000000000aa", "ret_7f3a92c1d4e8b051")
REQUEST = f"rgt_{'1' * 32}"
SIGNER = SoftwareSigner("erasure-signing")
CATALOGUE = SchemaCatalog.load(SCHEMAS)


async def event_of_the_vault() -> dict[str, Any]:
    """Fields of the event as a consumer decodes them."""
    holding = Holding(retailer_ids=IDS, subject_tokens=(b"s",), gst_tokens=(b"g",), phone_tokens=(b"p",))
    tombstones = (b"t" * 32,)
    text = certificate(holding, tombstones, request_id=REQUEST, erased_at=AT, key_id=SIGNER.key_id)
    signature = await SIGNER.sign(hashlib.sha256(text.encode()).digest())
    data = _event(Erasure(text, signature, tombstones), AT) | {"retailer_id": IDS[1]}
    envelope = {"event_id": uuid7(), "occurred_at": AT, "producer": "vault", "producer_seq": 1, "trace_id": None}
    body = CATALOGUE.encode("retailer.erased", envelope | data)
    return CATALOGUE.decode("retailer.erased", body)


async def test_the_vaults_own_event_is_accepted_and_no_changed_one() -> None:
    data = await event_of_the_vault()
    erasure = certified_erasure(data, SIGNER.public_keys())
    assert (erasure.retailer_ids, erasure.request_id) == (IDS, REQUEST)
    changes: list[dict[str, Any]] = [
        {"retailer_ids": [IDS[0]]},
        {"retailer_id": "ret_0000000000000000"},
        {"request_id": f"rgt_{'2' * 32}"},
        {"erased_at": AT - timedelta(days=365)},  # signed withdrawals say when
        {"certificate": data["certificate"].replace(IDS[0], "ret_0000000000000000")},
        {"signature": "00" * 64},
    ]
    for change in changes:
        with pytest.raises(NotAuthentic):
            certified_erasure(data | change, SIGNER.public_keys())
