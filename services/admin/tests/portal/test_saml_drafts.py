"""A lender's SAML provider counts once two operators agreed to exactly what is kept of it."""

from typing import Any

import pytest
from altscore_admin.saml.certificates import fingerprints

from ..people import IDP_CERTIFICATE, IDP_KEY, OTHER_CERTIFICATE
from .conftest import Portal
from .lenders import ENTITY_ID, FIRST, configure, draft_saml, enrol, saml_body

PROVIDER = f"/organisations/lender/{FIRST}/identity-provider"
FACTS = {
    "protocol": "saml",
    "issuer": None,
    "client_id": None,
    "entity_id": ENTITY_ID[FIRST],
    "sso_url": "https://lender-one.test/sso",
    "certificates_sha256": list(fingerprints(IDP_CERTIFICATE)),
    "email_attribute": None,
}


async def test_a_draft_signs_nobody_in(portal: Portal) -> None:
    draft = await draft_saml(portal)
    assert {name: draft[name] for name in FACTS} == FACTS
    assert (await portal.ask("GET", PROVIDER)).status_code == 404
    async with portal.browser() as client:
        assert (await client.get(f"/v1/lender/saml/{FIRST}/login")).status_code == 409


async def test_an_activated_provider_is_shown_with_the_digests_of_its_certificates(portal: Portal) -> None:
    await configure(portal, certificates_pem=f"some text\n{IDP_CERTIFICATE}\nmore\n{OTHER_CERTIFICATE}")
    answer = (await portal.ask("GET", PROVIDER)).json()
    digests = [*fingerprints(IDP_CERTIFICATE), *fingerprints(OTHER_CERTIFICATE)]
    assert answer == {**FACTS, "certificates_sha256": digests, "updated_at": "2026-05-20T08:00:00Z"}
    kept = await portal.pool.fetchval("SELECT certificates_pem FROM lender_identity_provider")
    assert kept == IDP_CERTIFICATE + OTHER_CERTIFICATE
    assert [event["outcome"] for event in await portal.audited()][-2:] == ["provider_proposed", "provider_changed"]


@pytest.mark.parametrize(
    "change",
    [
        {"entity_id": "urn:another"},
        {"sso_url": "https://another.test/sso"},
        {"certificates_sha256": list(fingerprints(OTHER_CERTIFICATE))},
        {"certificates_sha256": []},
        {"email_attribute": "mail"},
        {"protocol": "oidc"},
    ],
)
async def test_a_draft_that_says_something_else_than_was_approved_is_not_used(
    portal: Portal, change: dict[str, Any]
) -> None:
    stated = await draft_saml(portal) | change
    assert (await portal.ask("POST", f"{PROVIDER}/activate", json=stated)).status_code == 404
    assert await portal.pool.fetchval("SELECT count(*) FROM lender_identity_provider") == 0


async def test_a_change_of_protocol_leaves_nothing_of_the_former_provider_and_ends_sessions(portal: Portal) -> None:
    client_of = {"issuer": "https://idp.test", "client_id": "client", "client_secret": "a-client-secret-of-the-lender"}
    first = await portal.ask("POST", f"{PROVIDER}/drafts", json=client_of | {"organisation_name": "Lender One"})
    await portal.ask("POST", f"{PROVIDER}/activate", json=first.json())
    person_id = await enrol(portal)
    await portal.pool.execute(
        "INSERT INTO session (token_digest, person_id, sign_in, started_at, seen_at, expires_at)"
        " VALUES ($1, $2, 'oidc', now(), now(), now())",
        b"t" * 32,
        person_id,
    )
    answer = await portal.ask("POST", f"{PROVIDER}/activate", json=await draft_saml(portal))
    assert answer.json() == {"sessions_ended": 1}
    row = await portal.pool.fetchrow("SELECT issuer, client_id, client_secret_ciphertext FROM lender_identity_provider")
    assert tuple(row) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sso_url": "http://idp.test/sso"}, "sso_url"),
        ({"sso_url": 'https://idp.test/"sso'}, "sso_url"),
        ({"sso_url": "javascript:alert(1)"}, "sso_url"),
        ({"entity_id": "idp"}, "entity_id"),
        ({"entity_id": "https://idp.test/<x>"}, "entity_id"),
        ({"certificates_pem": IDP_CERTIFICATE + IDP_KEY}, "certificates_pem"),
        ({"certificates_pem": "something else"}, "certificates_pem"),
        ({"email_attribute": "a b"}, "email_attribute"),
        ({"surplus": 1}, "body"),
    ],
)
async def test_what_is_no_provider_is_refused_without_an_echo(
    portal: Portal, change: dict[str, Any], field: str
) -> None:
    answer = await portal.ask("POST", f"{PROVIDER}/drafts/saml", json=saml_body(**change))
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert not [value for value in change.values() if isinstance(value, str) and value in answer.text]
