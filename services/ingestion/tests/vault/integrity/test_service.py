"""Rows from before MACs get them once; a wrong MAC is never replaced, and the sweep counts it."""

from altscore_ingestion.vault.integrity.service import IntegrityService, Report
from altscore_libs.clock import SystemClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY

from ...world import CATALOGUE, VaultSide
from ..client import GSTIN, PHONE, audited, call, mac_rows, put


def service(vault: VaultSide) -> IntegrityService:
    return IntegrityService(
        vault.pool, outbox=Outbox(CATALOGUE, "vault", SystemClock(), mac_key=OUTBOX_KEY), macs=vault.keys.row_macs
    )


async def shops_of(vault: VaultSide) -> int:
    """How many shops the phone resolves to."""
    answer = await call(vault, "webhook", "/phones/resolve", phone=PHONE)
    return len(answer.json()["retailers"])


async def test_rows_from_before_count_again_once_they_have_macs(vault: VaultSide) -> None:
    await put(vault, "dist_a", {"retailer_ref": "a", "gst": GSTIN, "phone": PHONE})
    await vault.pool.execute("UPDATE subject SET row_mac = NULL")
    await vault.pool.execute("UPDATE retailer SET row_mac = NULL")
    assert await shops_of(vault) == 0
    assert await mac_rows(vault) == 2
    assert await shops_of(vault) == 1
    assert await service(vault).sweep() == Report(rows=2, tampered=0)
    assert [entry["details"]["rows"] for entry in await audited(vault, "identity_rows_maced")] == ["2"]
    assert await mac_rows(vault) == 0


async def test_a_wrong_mac_is_counted_and_never_replaced(vault: VaultSide) -> None:
    await put(vault, "dist_a", {"retailer_ref": "a", "phone": PHONE}, {"retailer_ref": "b"})
    await vault.pool.execute("UPDATE subject SET is_phone_confirmed = false WHERE phone_token IS NOT NULL")
    assert await mac_rows(vault) == 0
    assert await service(vault).sweep() == Report(rows=4, tampered=1)
    [entry] = await audited(vault, "identity_tampered")
    assert entry["details"]["subject"] == "1"
