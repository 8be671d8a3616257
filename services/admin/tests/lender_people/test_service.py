"""Operators let officers of lenders in and keep them out; two of them say where a lender's people sign in."""

from typing import Any

import pytest

from ..conftest import Operations, Upstreams
from ..people import IDP_CERTIFICATE, IDP_KEY

PATH = "/v1/admin/lenders/lender_one"
OFFICER = {"email": "officer@lender.example"}
ID = "per_" + "1" * 32
SECRET = "a-client-secret-of-the-lender"
SAML = {"entity_id": "urn:idp", "sso_url": "https://idp.test/sso", "certificates_pem": IDP_CERTIFICATE}
PROVIDER = {"issuer": "https://idp.test", "client_id": "altscore", "client_secret": SECRET}


async def test_an_officer_is_enrolled_and_audited_without_contacts(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", f"{PATH}/people", OFFICER)
    assert (answer.status_code, answer.json()) == (201, {"person_id": ID, "created": True})
    path, body = upstreams.asked[-1]
    assert path == "POST /internal/admin/people"
    assert (body["kind"], body["organisation_id"], body["email"]) == ("lender", "lender_one", OFFICER["email"])
    assert OFFICER["email"] not in await partners.whole_database()


@pytest.mark.parametrize("change", ["suspend", "reactivate", "end-sessions", "remove"])
async def test_an_officers_access_is_changed_and_audited(
    partners: Operations, upstreams: Upstreams, change: str
) -> None:
    answer = await partners.post("ops-1", f"{PATH}/people/{ID}/{change}", {})
    assert (answer.status_code, answer.json()["sessions_ended"]) == (200, 1)
    assert upstreams.asked[-1][0] == f"POST /internal/admin/organisations/lender/lender_one/people/{ID}/{change}"
    assert [(event["subject"], event["outcome"]) for event in await partners.events()][-2:] == [
        ("lender_one", "requested"),
        ("lender_one", "ok"),
    ]
    assert (await partners.post("ops-1", f"{PATH}/people/per_{'2' * 32}/{change}", {})).status_code == 404


async def test_all_officers_sessions_end_at_once(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", f"{PATH}/people/end-sessions", {})
    assert (answer.status_code, answer.json()) == (200, {"sessions_ended": 1})
    assert upstreams.asked[-1][0] == "POST /internal/admin/organisations/lender/lender_one/end-sessions"


async def test_a_provider_is_used_once_another_person_approves_it_and_its_secret_is_kept_nowhere_here(
    partners: Operations, upstreams: Upstreams
) -> None:
    first = await partners.post("ops-1", f"{PATH}/identity-provider", PROVIDER)
    assert (first.status_code, SECRET in first.text) == (202, False)
    assert first.json()["content"] == {
        "kind": "lender_identity_provider",
        "subject": "lender_one",
        "draft_id": "idp_" + "1" * 32,
        "issuer": PROVIDER["issuer"],
        "client_id": PROVIDER["client_id"],
    }
    assert not any(path.endswith("/activate") for path, _ in upstreams.asked)
    assert (await partners.approve("ops-1", first)).json()["code"] == "SECOND_OPERATOR_REQUIRED"
    assert (await partners.approve("ops-2", first)).json()["state"] == "executed"
    path, body = upstreams.asked[-1]
    assert path == "POST /internal/admin/organisations/lender/lender_one/identity-provider/activate"
    assert body == {"draft_id": "idp_" + "1" * 32, "issuer": PROVIDER["issuer"], "client_id": PROVIDER["client_id"]}
    assert SECRET not in await partners.whole_database()


async def test_a_saml_provider_is_used_once_another_person_approves_the_digests_of_its_certificates(
    partners: Operations, upstreams: Upstreams
) -> None:
    first = await partners.post("ops-1", f"{PATH}/identity-provider/saml", SAML)
    assert first.status_code == 202, first.text
    path, body = upstreams.asked[-1]
    assert path == "POST /internal/admin/organisations/lender/lender_one/identity-provider/drafts/saml"
    assert body == SAML | {"organisation_name": "Lender One", "email_attribute": None}
    stated = {
        "draft_id": "idp_" + "1" * 32,
        "protocol": "saml",
        "entity_id": "urn:idp",
        "sso_url": "https://idp.test/sso",
        "certificates_sha256": ["ab" * 32],
        "email_attribute": None,
    }
    assert first.json()["content"] == {"kind": "lender_identity_provider", "subject": "lender_one", **stated}
    assert (await partners.approve("ops-1", first)).json()["code"] == "SECOND_OPERATOR_REQUIRED"
    assert (await partners.approve("ops-2", first)).json()["state"] == "executed"
    path, body = upstreams.asked[-1]
    assert path == "POST /internal/admin/organisations/lender/lender_one/identity-provider/activate"
    assert body == stated


async def test_what_is_wrong_with_a_certificate_is_told_and_the_portal_is_not_asked(
    partners: Operations, upstreams: Upstreams
) -> None:
    asked = len(upstreams.asked)
    answer = await partners.post(
        "ops-1", f"{PATH}/identity-provider/saml", SAML | {"certificates_pem": IDP_CERTIFICATE + IDP_KEY}
    )
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], "private key" in error["reason"]) == ("certificates_pem", True)
    assert len(upstreams.asked) == asked


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{PATH}/identity-provider/saml", SAML | {"sso_url": "http://idp.test/sso"}, 400),
        (f"{PATH}/identity-provider/saml", SAML | {"entity_id": "idp"}, 400),
        ("/v1/admin/lenders/lender_nobody/identity-provider/saml", SAML, 404),
        (f"{PATH}/identity-provider", PROVIDER | {"issuer": "http://idp.test"}, 400),
        (f"{PATH}/identity-provider", PROVIDER | {"client_secret": "short"}, 400),
        ("/v1/admin/lenders/lender_nobody/identity-provider", PROVIDER, 404),
        ("/v1/admin/lenders/lender_nobody/people", OFFICER, 404),
        (f"{PATH}/people", OFFICER | {"phone": "9000000001"}, 400),
        (f"{PATH}/people", {"email": "taken@lender.example"}, 409),
    ],
)
async def test_what_cannot_be_done_is_refused(
    partners: Operations, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await partners.post("ops-1", path, body)
    assert (answer.status_code, SECRET in answer.text) == (status, False)


async def test_a_role_without_lender_access_reaches_none_of_it(partners: Operations, upstreams: Upstreams) -> None:
    asked = len(upstreams.asked)
    for path, body in (
        (f"{PATH}/people", OFFICER),
        (f"{PATH}/people/{ID}/remove", {}),
        (f"{PATH}/identity-provider", PROVIDER),
        (f"{PATH}/identity-provider/saml", SAML),
    ):
        assert (await partners.post("risk-1", path, body)).status_code == 403
    assert len(upstreams.asked) == asked


async def test_readings_are_audited_before_the_portal_is_asked(partners: Operations, upstreams: Upstreams) -> None:
    async with partners.by("ops-1") as client:
        people = await client.get(f"{PATH}/people", params={"limit": 5})
        provider = await client.get(f"{PATH}/identity-provider")
    assert (people.status_code, people.json()["items"]) == (200, [])
    assert provider.json() == {
        **dict.fromkeys(("entity_id", "sso_url", "email_attribute")),
        "protocol": "oidc",
        "issuer": "https://idp.test",
        "client_id": "altscore",
        "certificates_sha256": [],
        "updated_at": "2026-05-20T08:00:00Z",
    }
    kinds = [event["details"].get("kind") for event in await partners.events()]
    assert [kind for kind in kinds if kind is not None][-2:] == ["portal_people", "lender_provider_read"]
