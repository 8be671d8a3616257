"""The HTTP API: who may call what, what is refused, and the committed document."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from altscore_consent.app import create_app
from altscore_libs.openapi import openapi_json
from altscore_libs.testing import api_client
from fastapi import FastAPI

from .conftest import APP_SECRET, CONTACT, LENDERS, OTHER_CONTACT, PURPOSE, RETAILER, World

INVITE = {
    "retailer_id": RETAILER,
    "distributor_id": "dist_c4f9",
    "distributor_name": "Shree Traders",
    "contact_ref": CONTACT,
    "lender_scope": list(LENDERS),
    "purpose": PURPOSE,
    "language": "hi",
}
CHECK = f"/v1/consent/check?retailer_id={RETAILER}&lender_id={LENDERS[0]}"
CALLERS = {
    ("POST", "/v1/consent/grant"): {"webhook"},
    ("POST", "/v1/consent/revoke"): {"webhook", "admin"},
    ("GET", CHECK): {"score", "scoring"},
    ("GET", f"/internal/consents/check-many?of={RETAILER}:lender_x:{PURPOSE}"): {"score"},
    ("POST", "/internal/consents/check-bulk"): {"scoring"},
    ("GET", "/internal/snapshot"): {"pipeline"},
    ("POST", "/internal/admin/invites"): {"admin"},
    ("POST", "/internal/portal/distributors/dist_c4f9/invites"): {"portal"},
    ("GET", "/internal/portal/distributors/dist_c4f9/invites"): {"portal"},
    ("GET", "/internal/admin/parked-events"): {"admin"},
    ("GET", "/internal/admin/parked-events/1"): {"admin"},
    ("GET", "/internal/admin/parked-summary"): {"admin"},
    ("POST", "/internal/admin/parked-events/1/orders"): {"admin"},
    ("GET", "/internal/admin/parked-orders/7f0f6d0e-6a55-4b8e-9a39-5a2f6f5d1c77"): {"admin"},
    ("GET", f"/internal/invites/open?retailer_id={RETAILER}"): {"webhook"},
    ("GET", f"/internal/invites/inv_{'0' * 32}"): {"webhook"},
    ("POST", "/internal/replies/unclear"): {"webhook"},
    ("GET", f"/v1/consent/{RETAILER}/history"): {"admin"},
    ("GET", f"/v1/consent/{RETAILER}/export"): {"admin"},
    ("GET", f"/v1/consent/cns_{'0' * 32}/receipt"): {"admin"},
}
EVERYBODY = ["score", "scoring", "webhook", "admin", "pipeline", "ingestion", "notification", "audit", "portal", None]


async def call(app: FastAPI, caller: str | None, method: str, path: str, json: Any = None) -> tuple[int, Any]:
    async with api_client(app, caller) as client:
        response = await client.request(method, path, json=json)
    return response.status_code, response.json()


@pytest_asyncio.fixture
async def invite_id(app: FastAPI) -> AsyncIterator[str]:
    _, body = await call(app, "admin", "POST", "/internal/admin/invites", INVITE)
    yield body["invite_id"]


SENT_AT = datetime.fromisoformat("2026-05-20T07:59:00+00:00")


def signed_delivery(content: dict[str, Any], sent_at: datetime = SENT_AT, secret: str = APP_SECRET) -> dict[str, Any]:
    message = {"from": "919812345678", "id": "wamid.1", "timestamp": str(int(sent_at.timestamp())), **content}
    change = {"field": "messages", "value": {"messages": [message]}}
    raw = json.dumps({"entry": [{"changes": [change]}]}).encode()
    mac = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"body": base64.b64encode(raw).decode(), "signature": f"sha256={mac}", "place": [0, 0, 0]}


def tap(payload: str) -> dict[str, Any]:
    return {"type": "button", "button": {"payload": payload, "text": "HAAN"}}


def nahi(sent_at: str = "2026-05-20T08:00:00Z") -> dict[str, Any]:
    delivery = signed_delivery({"type": "text", "text": {"body": "NAHI"}}, datetime.fromisoformat(sent_at))
    return {"retailer_id": RETAILER, "reason": "retailer_request", "sent_at": sent_at, "delivery": delivery}


async def grant_body(world: World, invite: str, **change: Any) -> dict[str, Any]:
    rows = await world.events("consent.invited")
    token = next(data["reply_token"] for _, data in rows if data["invite_id"] == invite)
    body = {
        "delivery": signed_delivery(tap(f"CONSENT_YES:{invite}:{token}")),
        "retailer_id": RETAILER,
        "invite_id": invite,
        "distributor_id": "dist_c4f9",
        "contact_ref": CONTACT,
        "lender_scope": list(LENDERS),
        "purpose": PURPOSE,
        "consent_channel": "whatsapp",
        "wa_message_id": "ab" * 32,
        "sent_at": "2026-05-20T07:59:00Z",
    }
    return body | change


@pytest.mark.parametrize(("method", "path"), CALLERS)
async def test_only_the_named_certificates_pass_each_route(app: FastAPI, method: str, path: str) -> None:
    for caller in EVERYBODY:
        status, _ = await call(app, caller, method, path, {} if method == "POST" else None)
        assert (status != 403) == (caller in CALLERS[(method, path)]), caller


def test_every_route_is_in_the_table_of_callers() -> None:
    paths = create_app().openapi()["paths"]
    assert sum(len(operations) for operations in paths.values()) == len(CALLERS)


async def test_invite_grant_check_revoke_and_history_as_the_contract_says(
    app: FastAPI, world: World, invite_id: str
) -> None:
    _, listed = await call(app, "webhook", "GET", f"/internal/invites/open?retailer_id={RETAILER}")
    assert [invite["invite_id"] for invite in listed["invites"]] == [invite_id]
    status, granted = await call(app, "webhook", "POST", "/v1/consent/grant", await grant_body(world, invite_id))
    assert (status, granted["retailer_id"], len(granted["signature"])) == (200, RETAILER, 128)
    _, checked = await call(app, "score", "GET", f"{CHECK}&purpose={PURPOSE}")
    assert checked == {
        "consented": True,
        "consent_id": granted["consent_id"],
        "expires_at": "2027-05-20T18:30:00Z",
        "version": 1,
        "reason": None,
    }
    _, bulk = await call(app, "scoring", "POST", "/internal/consents/check-bulk", {"retailer_ids": [RETAILER]})
    answer = {"retailer_id": RETAILER, "consented": True, "version": 1, "consent_id": granted["consent_id"]}
    assert bulk == {"results": [answer]}
    _, snapshot = await call(app, "pipeline", "GET", "/internal/snapshot?limit=5000")
    assert snapshot == {"version": 1, "retailers": [{"retailer_id": RETAILER, "version": 1}], "next": None}
    _, revoked = await call(app, "webhook", "POST", "/v1/consent/revoke", nahi())
    assert (revoked["status"], revoked["revoked"]) == ("revoked", [granted["consent_id"]])
    assert revoked["processing_halt_by"] == "2026-05-20T09:00:00Z"
    _, after = await call(app, "score", "GET", CHECK)
    assert (after["consented"], after["reason"], after["version"]) == (False, "revoked", 2)
    _, history = await call(app, "admin", "GET", f"/v1/consent/{RETAILER}/history")
    assert [(record["kind"], record["is_verified"]) for record in history["records"]] == [
        ("grant", True),
        ("withdrawal", True),
    ]


BAD_GRANTS = {
    "raw message id": {"wa_message_id": "wamid.HBgLMTY1MDU1NTAxMjM"},
    "empty scope": {"lender_scope": []},
    "other channel": {"consent_channel": "paper"},
    "malformed invite": {"invite_id": "inv_1"},
    "no phone": {"contact_ref": None},
    "another form of phone": {"contact_ref": "919812345678"},
    "naive time": {"sent_at": "2026-05-20T07:59:00"},
    "unknown field": {"phone": "919812345678"},
    "number for text": {"purpose": 7},
    "NUL in purpose": {"purpose": "a\x00b"},
    "no delivery": {"delivery": None},
    "a delivery that is no Base64": {
        "delivery": {"body": "AAA", "signature": f"sha256={'0' * 64}", "place": [0, 0, 0]}
    },
    "a delivery without a place": {"delivery": {"body": "AAAA", "signature": f"sha256={'0' * 64}", "place": [0]}},
}


@pytest.mark.parametrize("change", BAD_GRANTS.values(), ids=BAD_GRANTS.keys())
async def test_a_malformed_grant_is_400_and_not_echoed(
    app: FastAPI, world: World, invite_id: str, change: dict[str, Any]
) -> None:
    status, body = await call(app, "webhook", "POST", "/v1/consent/grant", await grant_body(world, invite_id, **change))
    assert (status, body["code"]) == (400, "INVALID_REQUEST")
    assert "919812345678" not in str(body)
    assert "wamid" not in str(body)


async def test_a_malformed_retailer_id_has_its_own_code(app: FastAPI) -> None:
    status, body = await call(app, "score", "GET", "/v1/consent/check?retailer_id=ret_1&lender_id=lender_ugro")
    assert (status, body["code"]) == (400, "INVALID_RETAILER_ID")


@pytest.mark.parametrize("names", [{}, {"retailer_id": RETAILER, "consent_id": "cns_" + "0" * 32}])
async def test_a_revocation_names_exactly_one_of_retailer_and_consent(app: FastAPI, names: dict[str, str]) -> None:
    status, _ = await call(app, "admin", "POST", "/v1/consent/revoke", {"reason": "x", **names})
    assert status == 400


async def test_revoking_an_unknown_consent_is_404(app: FastAPI) -> None:
    body = {"consent_id": "cns_" + "0" * 32, "reason": "dpo_request"}
    assert (await call(app, "admin", "POST", "/v1/consent/revoke", body))[0] == 404


@pytest.mark.parametrize("name", ["Shree\nTraders", "{lenders}", "", "x" * 121])
async def test_a_distributor_name_that_would_change_the_notice_is_refused(app: FastAPI, name: str) -> None:
    status, _ = await call(app, "admin", "POST", "/internal/admin/invites", INVITE | {"distributor_name": name})
    assert status == 400


async def test_an_outdated_haan_is_409_with_its_code(app: FastAPI, world: World, invite_id: str) -> None:
    await call(app, "webhook", "POST", "/v1/consent/revoke", nahi())
    status, answer = await call(app, "webhook", "POST", "/v1/consent/grant", await grant_body(world, invite_id))
    assert (status, answer["code"]) == (409, "ANSWER_OUTDATED")


async def test_an_answer_from_another_phone_is_409_and_never_grants(app: FastAPI, world: World, invite_id: str) -> None:
    _, view = await call(app, "webhook", "GET", f"/internal/invites/{invite_id}")
    assert view["contact_ref"] == CONTACT
    other = await grant_body(world, invite_id, contact_ref=OTHER_CONTACT)
    status, answer = await call(app, "webhook", "POST", "/v1/consent/grant", other)
    assert (status, answer["code"]) == (409, "INVITE_MISMATCH")
    _, checked = await call(app, "score", "GET", CHECK)
    assert (checked["consented"], checked["reason"]) == (False, "none")


@pytest.mark.parametrize("contact_ref", [None, "", "pcr_1", "919812345678"])
async def test_an_invite_names_the_phone_it_is_put_to(app: FastAPI, contact_ref: str | None) -> None:
    body = {name: value for name, value in INVITE.items() if name != "contact_ref"}
    body |= {} if contact_ref is None else {"contact_ref": contact_ref}
    status, answer = await call(app, "admin", "POST", "/internal/admin/invites", body)
    assert (status, answer["errors"][0]["field"]) == (400, "contact_ref")


def test_the_committed_openapi_document_is_the_generated_one() -> None:
    committed = (Path(__file__).parents[1] / "openapi.json").read_text(encoding="utf-8")
    assert committed == openapi_json(create_app())


async def test_a_distributor_reads_its_own_invites_alone_the_newest_first(app: FastAPI) -> None:
    own = {name: value for name, value in INVITE.items() if name != "distributor_id"}
    path = "/internal/portal/distributors/{}/invites"
    opened = []
    for number, distributor in enumerate(("dist_a", "dist_b", "dist_a")):
        body = own | {"retailer_id": f"ret_{number:016x}"}
        opened.append((await call(app, "portal", "POST", path.format(distributor), body))[1]["invite_id"])
    _, first = await call(app, "portal", "GET", path.format("dist_a") + "?limit=1")
    _, second = await call(app, "portal", "GET", path.format("dist_a") + f"?limit=1&cursor={first['next_cursor']}")
    _, other = await call(app, "portal", "GET", path.format("dist_b"))
    assert [page["items"][0]["invite_id"] for page in (first, second, other)] == [opened[2], opened[0], opened[1]]
    assert {"contact_ref", "notice_text"}.isdisjoint(first["items"][0])


async def test_the_portal_cannot_name_another_distributor_in_the_body(app: FastAPI) -> None:
    status, _ = await call(app, "portal", "POST", "/internal/portal/distributors/dist_a/invites", INVITE)
    assert status == 400
