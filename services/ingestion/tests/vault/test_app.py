"""The vault as a whole: one caller per route, every use audited, no bad request answered with its own values."""

from typing import Any

from altscore_libs.testing import api_client

from ..world import VaultSide
from .client import GSTIN, PHONE, audited, call, put, retailer_of


async def test_every_use_is_audited_with_counts_and_ids_only(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    await call(vault, "score", "/lookup", gst=GSTIN)
    await call(vault, "webhook", "/phones/resolve", phone=PHONE)
    await call(vault, "pipeline", "/identities/map", retailer_ids=[retailer_id])
    await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id)
    [stored] = await audited(vault, "identity_stored")
    assert stored["details"] == {
        "ledgers": "1",
        "retailers_created": "1",
        "ledgers_changed": "1",
        "ledgers_moved": "0",
    }
    lookups = await audited(vault, "identity_lookup")
    assert [(row["actor"], row["outcome"]) for row in lookups] == [("score", "found"), ("webhook", "found")]
    [mapped] = await audited(vault, "identity_mapped")
    assert mapped["details"] == {"asked": "1", "tokens": "1"}
    [revealed] = await audited(vault, "identity_revealed")
    assert (revealed["actor"], revealed["subject"]) == ("notification", retailer_id)
    whole = str([await audited(vault, name) for name in ("identity_stored", "identity_lookup", "identity_revealed")])
    assert GSTIN not in whole
    assert PHONE not in whole


ALLOWED = {
    "/internal/identities": "ingestion",
    "/internal/identities/map": "pipeline",
    "/internal/lookup": "score",
    "/internal/phones/resolve": "webhook",
    "/internal/phones/reveal": "notification",
    "/internal/admin/distributors/{distributor_id}/retailers": "admin",
    "/internal/admin/retailers/{retailer_id}/phones/confirm": "admin",
}


async def test_every_route_takes_its_one_caller_and_nobody_else(vault: VaultSide) -> None:
    paths = vault.app.openapi()["paths"]
    assert paths.keys() == ALLOWED.keys()
    callers: set[str | None] = {*ALLOWED.values(), "consent", "audit", "scoring"}
    for path, operations in paths.items():
        [method] = operations
        for caller in callers - {ALLOWED[path]} | {None}:
            async with api_client(vault.app, caller) as client:
                answer = await client.request(
                    method, path.format(distributor_id="dist_a", retailer_id="ret_" + "0" * 16), json={}
                )
            assert answer.status_code == 403, (path, caller)


BAD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "no ledgers": ("ingestion", "/identities", {"distributor_id": "dist_a", "identities": []}),
    "a ledger twice": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": "r"}] * 2},
    ),
    "1,001 ledgers": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": str(n)} for n in range(1_001)]},
    ),
    "a control character": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": "r\u001f"}]},
    ),
    "an unknown field": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": "r", "email": "e"}]},
    ),
    "an id of another form": ("pipeline", "/identities/map", {"retailer_ids": ["ret_1"]}),
    "a number for a phone": ("webhook", "/phones/resolve", {"phone": 9000000000}),
    "a phone by its token": (
        "notification",
        "/phones/reveal",
        {"retailer_id": "ret_" + "0" * 16, "contact_ref": "0" * 64},
    ),
    "a retailer of another form": ("notification", "/phones/reveal", {"retailer_id": "dist_a"}),
}


async def test_a_bad_request_is_refused_without_an_echo(vault: VaultSide) -> None:
    assert len(BAD) == 9
    for case, (caller, path, body) in BAD.items():
        answer = await call(vault, caller, path, **body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), case
        assert "9000000000" not in answer.text, case
    assert await vault.pool.fetchval("SELECT count(*) FROM subject") == 0
