"""The vault as a whole: one caller per route, every use audited, no bad request answered with its own values."""

from typing import Any

from altscore_libs.testing import api_client

from ..world import CATALOGUE, VaultSide
from .client import GSTIN, PHONE, call, put, retailer_of


async def use(vault: VaultSide, retailer_id: str) -> list[dict[str, Any]]:
    """Each use of the vault once, as its caller; the audit entries it leaves, in order."""
    admin = f"/admin/retailers/{retailer_id}"
    await call(vault, "score", "/lookup", gst=GSTIN)
    await call(vault, "webhook", "/phones/resolve", phone=PHONE)
    await call(vault, "pipeline", "/identities/map", retailer_ids=[retailer_id])
    await call(vault, "ingestion", "/identities/erased", subject_tokens=["0" * 64])
    await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id)
    await call(vault, "admin", f"{admin}/phones/confirm", distributor_id="dist_a")
    async with api_client(vault.app, "admin") as client:
        await client.get("/internal/admin/distributors/dist_a/retailers")
    async with api_client(vault.app, "portal") as client:
        await client.get("/internal/portal/distributors/dist_a/retailers")
    await call(vault, "portal", "/portal/distributors/dist_a/contacts", retailer_ids=[retailer_id])
    [_] = await put(vault, "dist_z", {"retailer_ref": "z"})
    other = await vault.pool.fetchval("SELECT retailer_id FROM subject WHERE distributor_id = 'dist_z'")
    await call(vault, "admin", f"/admin/retailers/{other}/merge", into=retailer_id, ticket="OPS-1")
    await call(vault, "admin", f"/admin/retailers/{other}/unmerge", ticket="OPS-1")
    await call(vault, "admin", f"{admin}/reveal", approval_id="apr_" + "1" * 32)
    await call(vault, "admin", f"{admin}/export", request_id="rgt_" + "1" * 32)
    await call(vault, "admin", f"{admin}/erase", request_id="rgt_" + "1" * 32)
    rows = await vault.pool.fetch("SELECT payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
    return [CATALOGUE.decode("audit_event", row["payload"]) for row in rows]


async def test_every_use_is_audited_by_certificate_with_reason_and_counts(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    entries = await use(vault, retailer_id)
    assert len(entries) == len(ALLOWED) + 1, "an endpoint leaves no entry, or this test does not use it"
    assert [(entry["action"], entry["actor"], entry["reason"]) for entry in entries] == [
        ("identity_stored", "ingestion", "batch"),
        ("identity_lookup", "score", "lookup_by_gstin"),
        ("identity_lookup", "webhook", "answer"),
        ("identity_mapped", "pipeline", "pipeline_run"),
        ("identity_lookup", "ingestion", "erased_owners"),
        ("identity_revealed", "notification", "message"),
        ("identity_phone_confirmed", "admin", "ops_decision"),
        ("identity_lookup", "admin", "list_of_retailers"),
        ("identity_lookup", "portal", "portal_directory"),
        ("identity_lookup", "portal", "portal_invites"),
        ("identity_stored", "ingestion", "batch"),
        ("identity_merged", "admin", "ops_decision"),
        ("identity_unmerged", "admin", "ops_decision"),
        ("identity_revealed", "admin", "raw_access"),
        ("identity_exported", "admin", "rights_request"),
        ("retailer_erased", "admin", "rights_request"),
    ]
    stored, looked_up, resolved, mapped, erased_owners, revealed, _, listed, *_, exported, erased = entries
    assert stored["details"] == {
        "ledgers": "1",
        "ledgers_refused": "0",
        "retailers_created": "1",
        "ledgers_changed": "1",
        "ledgers_moved": "0",
    }
    assert erased_owners["details"] == {"asked": "1", "erased": "0"}
    assert mapped["details"] == {"asked": "1", "tokens": "1"}
    assert all(entry["details"]["retailers"] == "1" for entry in (looked_up, resolved, revealed, listed))
    assert erased["details"]["ledgers"] == exported["details"]["ledgers"] == "1"


async def test_an_audit_entry_names_a_person_by_retailer_id_alone(vault: VaultSide) -> None:
    fields = {"retailer_ref": "A-FAMILY-NAME", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop of a family"}
    [answer] = await put(vault, "dist_a", fields)
    tokens = await vault.pool.fetchrow("SELECT subject_token, phone_token FROM subject")
    text = str(await use(vault, await retailer_of(vault, answer["subject_token"])))
    assert "ret_" in text
    assert [value for value in (*fields.values(), *(token.hex() for token in tokens)) if value in text] == []


async def test_a_use_that_finds_nothing_is_audited_too(vault: VaultSide) -> None:
    entries = await use(vault, "ret_" + "0" * 16)
    assert len(entries) == len(ALLOWED)
    assert [entry["details"].get("retailers") for entry in entries if entry["reason"] in LOOKUPS] == ["0"] * 3


LOOKUPS = {"lookup_by_gstin", "answer", "list_of_retailers"}
ALLOWED: dict[str, set[str | None]] = {
    "/internal/identities": {"ingestion"},
    "/internal/identities/erased": {"ingestion"},
    "/internal/identities/map": {"pipeline"},
    "/internal/lookup": {"score"},
    "/internal/phones/resolve": {"webhook", "consent"},
    "/internal/phones/reveal": {"notification"},
    "/internal/admin/distributors/{distributor_id}/retailers": {"admin"},
    "/internal/portal/distributors/{distributor_id}/retailers": {"portal"},
    "/internal/portal/distributors/{distributor_id}/contacts": {"portal"},
    "/internal/admin/retailers/{retailer_id}/phones/confirm": {"admin"},
    "/internal/admin/retailers/{retailer_id}/erase": {"admin"},
    "/internal/admin/retailers/{retailer_id}/export": {"admin"},
    "/internal/admin/retailers/{retailer_id}/reveal": {"admin"},
    "/internal/admin/retailers/{retailer_id}/merge": {"admin"},
    "/internal/admin/retailers/{retailer_id}/unmerge": {"admin"},
}


async def test_every_route_takes_its_callers_and_nobody_else(vault: VaultSide) -> None:
    paths = vault.app.openapi()["paths"]
    assert paths.keys() == ALLOWED.keys()
    callers = {None, "consent", "audit", "scoring"}.union(*ALLOWED.values())
    for path, operations in paths.items():
        [method] = operations
        for caller in callers - ALLOWED[path]:
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
    "a token of another form": ("ingestion", "/identities/erased", {"subject_tokens": ["AB" * 32]}),
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
    assert len(BAD) == 10
    for case, (caller, path, body) in BAD.items():
        answer = await call(vault, caller, path, **body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), case
        assert "9000000000" not in answer.text, case
    assert await vault.pool.fetchval("SELECT count(*) FROM subject") == 0
