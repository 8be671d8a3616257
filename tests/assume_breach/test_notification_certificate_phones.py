"""Notification's certificate alone: it does not read all phones, and whoever tries is alarmed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from altscore_libs.db import create_pool
from altscore_libs.testing import Database, api_client, postgres_fixtures

from .vault_side import MIGRATIONS, VaultSide, open_vault

template, database, pool = postgres_fixtures("vault", MIGRATIONS)
SHOPS, QUOTA, PER_SHOP = 12, 5, 3


@pytest_asyncio.fixture
async def vault(database: Database) -> AsyncIterator[VaultSide]:
    """The vault with twelve shops and quotas that a test can spend."""
    async with await create_pool(database.app_dsn) as connections:
        yield await open_vault(connections, reveals_per_hour=QUOTA, reveals_per_retailer=PER_SHOP)


async def reveal(vault: VaultSide, retailer_id: str, number: int = 0, **more: str) -> int:
    """Asks for a phone as notification does; the status of the answer."""
    body = {"retailer_id": retailer_id, "message_id": f"msg_{number:032x}", **more}
    async with api_client(vault.app, "notification") as client:
        answer = await client.post("/internal/phones/reveal", json=body)
    if answer.status_code == 429:
        assert int(answer.headers["Retry-After"]) > 0
    return answer.status_code


async def test_the_phones_of_all_retailers_are_not_revealed_and_the_attempt_is_audited(vault: VaultSide) -> None:
    shops = [await vault.shop(f"s-{number}", phone=f"90000000{number:02d}") for number in range(SHOPS)]
    statuses = [await reveal(vault, shop, number) for number, shop in enumerate(shops)]
    assert statuses == [200] * QUOTA + [429] * (SHOPS - QUOTA)
    await vault.quotas.write_summaries(too_early=True)
    [entry] = await vault.audited("identity_lookups_refused")
    assert (entry["actor"], entry["reason"]) == ("notification", "reveals_of_caller")
    assert entry["details"]["number"] == str(SHOPS - QUOTA)


async def test_one_retailer_is_not_asked_for_without_end(vault: VaultSide) -> None:
    shop = await vault.shop("s-1", phone="9000000001")
    assert [await reveal(vault, shop, number) for number in range(PER_SHOP + 1)] == [200] * PER_SHOP + [429]
    await vault.quotas.write_summaries(too_early=True)
    [entry] = await vault.audited("identity_lookups_refused")
    assert (entry["subject"], entry["reason"]) == (shop, "reveals_of_retailer")


async def test_a_phone_is_revealed_for_a_message_that_the_audit_names(vault: VaultSide) -> None:
    shop = await vault.shop("s-1", phone="9000000001")
    async with api_client(vault.app, "notification") as client:
        refused = await client.post("/internal/phones/reveal", json={"retailer_id": shop})
    assert refused.status_code == 400
    assert await reveal(vault, shop, 7) == 200
    [entry] = await vault.audited("identity_revealed")
    assert entry["details"]["message_id"] == f"msg_{7:032x}"


@pytest.mark.parametrize("path", ["phones/resolve", "identities/map", "lookup", "identities"])
async def test_notification_gets_nothing_else_of_the_vault(vault: VaultSide, path: str) -> None:
    async with api_client(vault.app, "notification") as client:
        assert (await client.post(f"/internal/{path}", json={})).status_code == 403
