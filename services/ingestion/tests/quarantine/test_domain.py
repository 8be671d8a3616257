"""What was left in quarantine is read as a batch left it, or not at all."""

import hashlib
from typing import Any

import pytest
from altscore_ingestion.quarantine.domain import read_kept, read_manifest_head
from altscore_ingestion.vault.identities.domain import LedgerClaim, StoredIdentity


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"sync_from": "yesterday", "sync_to": 1}'])
def test_what_is_no_manifest_is_refused_even_with_its_own_digest(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a manifest"):
        read_manifest_head(body, sha256=hashlib.sha256(body).hexdigest())


def test_another_manifest_than_the_batchs_is_refused() -> None:
    with pytest.raises(ValueError, match="not the manifest of the batch"):
        read_manifest_head(b"{}", sha256=hashlib.sha256(b"{} ").hexdigest())


@pytest.mark.parametrize("records", [[{"table": "invoices"}], [{"table": "spells", "index": 0, "record": "{}"}], [3]])
def test_what_is_no_record_of_a_quarantine_is_refused(records: list[Any]) -> None:
    with pytest.raises(ValueError, match="not records in quarantine"):
        read_kept(records)


def test_an_identity_shows_nothing_of_itself() -> None:
    claim = LedgerClaim(retailer_ref="ledger-1", gst="27AAACZ0000A1Z9", phone="9000000000", shop_name="Corner shop")
    stored = StoredIdentity(
        retailer_ref="ledger-1", subject_token=b"\x01", encrypted_identity=b"secret", gst_status="verified"
    )
    assert (repr(claim), repr(stored)) == ("LedgerClaim(***)", "StoredIdentity(01)")
