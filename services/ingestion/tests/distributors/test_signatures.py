"""The published signature vectors are what this service accepts, and nothing near them."""

import base64
import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from altscore_ingestion.distributors.keys import SignedParts, is_signature, signed_text_v2, v2_fault
from altscore_libs.testing import SCHEMAS

DOCUMENT = json.loads((SCHEMAS / "connector" / "signature_vectors.json").read_text(encoding="utf-8"))
SECRET = DOCUMENT["signing_secret"].encode()
VECTORS: list[dict[str, Any]] = DOCUMENT["vectors"]


def sent(vector: dict[str, Any]) -> bytes:
    if "body_base64" in vector:
        return base64.b64decode(vector["body_base64"])
    body: str = vector["body"]
    return body.encode()


def parts(vector: dict[str, Any]) -> SignedParts:
    return SignedParts(
        method=vector["method"],
        path=vector["path"],
        batch_id=vector["x_batch_id"],
        erp_type=vector["x_erp_type"],
        body_sha256=hashlib.sha256(sent(vector)).hexdigest(),
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_signature_holds(vector: dict[str, Any]) -> None:
    at = datetime.fromtimestamp(vector["timestamp_s"], UTC)
    assert is_signature(SECRET, sent(vector), vector["x_payload_signature"])
    assert signed_text_v2(parts(vector), vector["timestamp_s"]).decode() == vector["signed_text_v2"]
    assert v2_fault(SECRET, vector["x_payload_signature_v2"], parts(vector), now=at) is None
    if "plain_body" in vector:
        assert gzip.decompress(sent(vector)).decode() == vector["plain_body"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_signature_moved_to_another_request_does_not_hold(vector: dict[str, Any]) -> None:
    at = datetime.fromtimestamp(vector["timestamp_s"], UTC)
    header = vector["x_payload_signature_v2"]
    for change in ("method", "path", "batch_id", "erp_type", "body_sha256"):
        moved = replace(parts(vector), **{change: getattr(parts(vector), change) + "x"})
        assert v2_fault(SECRET, header, moved, now=at) == "signature_v2_mismatch", change
    assert not is_signature(SECRET, sent(vector) + b" ", vector["x_payload_signature"])
    for seconds in (-301, 301):
        fault = v2_fault(SECRET, header, parts(vector), now=at + timedelta(seconds=seconds))
        assert fault == "signature_v2_outside_window"
