"""Every data key is wrapped anew within a month or at a rotation; identities stay readable, whatever is cut off."""

from typing import Any

import pytest
from altscore_ingestion.vault.crypto import VaultKeys, WrappingKeys
from altscore_ingestion.vault.rewrapping import service, store
from altscore_ingestion.vault.rewrapping.service import Report, RewrappingService
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SoftwareWrapper

from ...world import CATALOGUE, VaultSide
from ..client import PHONE, audited, call, put, retailer_of

DAY_S = 86_400
LEDGERS = [{"retailer_ref": f"r-{n}", "phone": str(int(PHONE) + n)} for n in range(5)]


def rewrapping(vault: VaultSide, clock: FixedClock, keys: VaultKeys | None = None) -> RewrappingService:
    outbox = Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY)
    return RewrappingService(vault.pool, outbox=outbox, keys=keys or vault.keys, clock=clock)


async def wrapped(vault: VaultSide) -> list[bytes]:
    rows = await vault.pool.fetch("SELECT wrapped_data_key FROM retailer ORDER BY retailer_id")
    return [bytes(row["wrapped_data_key"]) for row in rows]


async def test_a_wrapping_is_renewed_after_thirty_days_and_not_before(vault: VaultSide, clock: FixedClock) -> None:
    [first, *_] = await put(vault, "dist_a", *LEDGERS)
    before = await wrapped(vault)
    clock.advance(seconds=30 * DAY_S)
    assert await rewrapping(vault, clock).run_all() == Report(0, 0)
    assert await wrapped(vault) == before
    clock.advance(seconds=1)
    assert await rewrapping(vault, clock).run_all() == Report(5, 0)
    assert not set(await wrapped(vault)) & set(before)
    assert await rewrapping(vault, clock).run_all() == Report(0, 0)
    retailer_id = await retailer_of(vault, first["subject_token"])
    assert (await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id)).json()[
        "phone"
    ] == "91" + PHONE
    assert (await put(vault, "dist_a", *LEDGERS))[0] == first  # the data key is the same: no corrections in Bronze
    [entry] = await audited(vault, "identity_keys_rewrapped")
    assert entry["details"] == {"keys": "5", "key_label": "vault-kek"}


async def test_a_rotated_key_takes_over_everything_and_the_old_one_can_go(vault: VaultSide, clock: FixedClock) -> None:
    secret = b"1" * 32
    old, new = SoftwareWrapper(secret), SoftwareWrapper(b"2" * 32)
    [plain] = {(await (await VaultKeys.open(WrappingKeys(old, "old"))).new_data_key()).wrapped}
    retailer_id = "ret_" + "1" * 16
    await vault.pool.execute(
        "INSERT INTO retailer (retailer_id, wrapped_data_key, created_at) VALUES ($1, $2, $3)",
        *(retailer_id, plain, clock.now()),
    )
    both = await VaultKeys.open(WrappingKeys(new, "vault-kek.2", before=old))
    data_key = (await both.open_data_key(plain)).plain
    assert await rewrapping(vault, clock, both).run_all() == Report(1, 0)
    alone = await VaultKeys.open(WrappingKeys(new, "vault-kek.2"))
    assert (await alone.open_data_key((await wrapped(vault))[0])).plain == data_key
    assert await vault.pool.fetchval("SELECT wrapped_by FROM retailer") == "vault-kek.2"


async def test_a_run_that_is_cut_off_is_taken_up_where_it_was(
    vault: VaultSide, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    await put(vault, "dist_a", *LEDGERS)
    clock.advance(seconds=31 * DAY_S)
    cut_off = rewrapping(vault, clock)
    assert await cut_off.run_batch()
    whole = store.replace

    async def fails(*args: Any, **how: Any) -> int:
        await whole(*args, **how)
        raise Unavailable("cut off")

    monkeypatch.setattr(store, "replace", fails)
    before = await wrapped(vault)
    with pytest.raises(Unavailable):
        await cut_off.run_batch()
    assert await wrapped(vault) == before
    monkeypatch.setattr(store, "replace", whole)
    assert await rewrapping(vault, clock).run_all() == Report(3, 0)
    assert len(set(await wrapped(vault)) & set(before)) == 2


async def test_a_key_that_nothing_unwraps_stops_no_other(vault: VaultSide, clock: FixedClock) -> None:
    await put(vault, "dist_a", *LEDGERS)
    broken = await vault.pool.fetchval(
        "UPDATE retailer SET wrapped_data_key = $1 WHERE retailer_id = (SELECT min(retailer_id) FROM retailer)"
        " RETURNING retailer_id",
        b"0" * 60,
    )
    clock.advance(seconds=31 * DAY_S)
    assert await rewrapping(vault, clock).run_all() == Report(rewrapped=4, unreadable=1)
    left = "SELECT wrapped_data_key FROM retailer WHERE retailer_id = $1"
    assert await vault.pool.fetchval(left, broken) == b"0" * 60


async def test_a_retailer_erased_meanwhile_stays_erased(
    vault: VaultSide, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, *_] = await put(vault, "dist_a", *LEDGERS)
    retailer_id = await retailer_of(vault, first["subject_token"])
    clock.advance(seconds=31 * DAY_S)
    running = rewrapping(vault, clock)
    whole = store.replace

    async def erased_first(*args: Any, **how: Any) -> int:
        path = f"/admin/retailers/{retailer_id}/erase"
        assert (await call(vault, "admin", path, request_id="rgt_" + "1" * 32)).status_code == 200
        return await whole(*args, **how)

    monkeypatch.setattr(store, "replace", erased_first)
    assert await running.run_all() == Report(4, 0)
    assert await vault.pool.fetchval("SELECT count(*) FROM retailer WHERE retailer_id = $1", retailer_id) == 0


async def test_two_processes_wrap_a_key_once(
    vault: VaultSide, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(vault, "dist_a", *LEDGERS)
    clock.advance(seconds=31 * DAY_S)
    whole = store.replace

    async def another_first(*args: Any, **how: Any) -> int:
        monkeypatch.setattr(store, "replace", whole)
        assert await rewrapping(vault, clock).run_all() == Report(5, 0)
        return await whole(*args, **how)

    monkeypatch.setattr(store, "replace", another_first)
    assert await rewrapping(vault, clock).run_all() == Report(0, 0)
    assert len(await audited(vault, "identity_keys_rewrapped")) == 1


async def test_the_gauge_shows_the_oldest_wrapping(vault: VaultSide) -> None:
    [measure] = store.MEASURES
    assert await vault.pool.fetchval(measure.query) == 0
    await put(vault, "dist_a", *LEDGERS)
    await vault.pool.execute("UPDATE retailer SET created_at = now() - interval '40 days'")
    await vault.pool.execute(
        "UPDATE retailer SET wrapped_at = now() WHERE retailer_id <> (SELECT min(retailer_id) FROM retailer)"
    )
    assert 40 * DAY_S - 60 < await vault.pool.fetchval(measure.query) < 40 * DAY_S + 60
