"""The HTTP API: who may call what, what is refused, and the committed document."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from altscore_consent.app import create_app
from altscore_libs.openapi import openapi_json
from altscore_libs.testing import api_client
from fastapi import FastAPI

from .conftest import CONTACT, LENDERS, OTHER_CONTACT, PURPOSE, RETAILER

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
    ("GET", f"/internal/invites/open?retailer_id={RETAILER}"): {"webhook"},
    ("GET", f"/internal/invites/inv_{'0' * 32}"): {"webhook"},
    ("POST", "/internal/replies/unclear"): {"webhook"},
    ("GET", f"/v1/consent/{RETAILER}/history"): {"admin"},
    ("GET", f"/v1/consent/{RETAILER}/export"): {"admin"},
    ("GET", f"/v1/consent/cns_{'0' * 32}/receipt"): {"admin"},
}
EVERYBODY = ["score", "scoring", "webhook", "admin", "pipeline", "ingestion", "notification", "audit", None]


async def call(app: FastAPI, caller: str | None, method: str, path: str, json: Any = None) -> tuple[int, Any]:
    async with api_client(app, caller) as client:
        response = await client.request(method, path, json=json)
    return response.status_code, response.json()


@pytest_asyncio.fixture
async def invite_id(app: FastAPI) -> AsyncIterator[str]:
    _, body = await call(app, "admin", "POST", "/internal/admin/invites", INVITE)
    yield body["invite_id"]


def grant_body(invite: str, **change: Any) -> dict[str, Any]:
    body = {
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
    documented = set(create_app().openapi()["paths"])
    assert len(documented) == len(CALLERS)


async def test_invite_grant_check_revoke_and_history_as_the_contract_says(app: FastAPI, invite_id: str) -> None:
    _, listed = await call(app, "webhook", "GET", f"/internal/invites/open?retailer_id={RETAILER}")
    assert [invite["invite_id"] for invite in listed["invites"]] == [invite_id]
    status, granted = await call(app, "webhook", "POST", "/v1/consent/grant", grant_body(invite_id))
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
    body = {"retailer_id": RETAILER, "reason": "retailer_request", "sent_at": "2026-05-20T08:00:00Z"}
    _, revoked = await call(app, "webhook", "POST", "/v1/consent/revoke", body)
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
}


@pytest.mark.parametrize("change", BAD_GRANTS.values(), ids=BAD_GRANTS.keys())
async def test_a_malformed_grant_is_400_and_not_echoed(app: FastAPI, invite_id: str, change: dict[str, Any]) -> None:
    status, body = await call(app, "webhook", "POST", "/v1/consent/grant", grant_body(invite_id, **change))
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


async def test_an_outdated_haan_is_409_with_its_code(app: FastAPI, invite_id: str) -> None:
    body = {"retailer_id": RETAILER, "reason": "retailer_request", "sent_at": "2026-05-20T08:00:00Z"}
    await call(app, "webhook", "POST", "/v1/consent/revoke", body)
    status, answer = await call(app, "webhook", "POST", "/v1/consent/grant", grant_body(invite_id))
    assert (status, answer["code"]) == (409, "ANSWER_OUTDATED")


async def test_an_answer_from_another_phone_is_409_and_never_grants(app: FastAPI, invite_id: str) -> None:
    _, view = await call(app, "webhook", "GET", f"/internal/invites/{invite_id}")
    assert view["contact_ref"] == CONTACT
    other = grant_body(invite_id, contact_ref=OTHER_CONTACT)
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
