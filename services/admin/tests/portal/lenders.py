"""Lenders whose officers sign in by SAML: their providers, their officers and these officers' browsers."""

from typing import Any

import httpx
from altscore_admin.portal.saml.domain import SIGNING_IN

from ..people import IDP_CERTIFICATE, encoded, request_of, response_xml, signed
from .conftest import Portal

ORIGIN = "https://altscore.test"
FIRST, SECOND = "lender_one", "lender_two"
ENTITY_ID = {FIRST: "https://idp.test/metadata", SECOND: "urn:lender-two:idp"}
OFFICER = {FIRST: "officer@lender-one.example", SECOND: "officer@lender-two.example"}


def saml_body(lender_id: str = FIRST, **changes: Any) -> dict[str, Any]:
    """What is stated of a lender's provider."""
    body = {
        "organisation_name": lender_id.replace("_", " ").title(),
        "entity_id": ENTITY_ID[lender_id],
        "sso_url": f"https://{lender_id.replace('_', '-')}.test/sso",
        "certificates_pem": IDP_CERTIFICATE,
    }
    return body | changes


async def draft_saml(portal: Portal, lender_id: str = FIRST, **changes: Any) -> dict[str, Any]:
    """A draft, as admin has it kept."""
    path = f"/organisations/lender/{lender_id}/identity-provider/drafts/saml"
    answer = await portal.ask("POST", path, json=saml_body(lender_id, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def configure(portal: Portal, lender_id: str = FIRST, **changes: Any) -> None:
    """Has the lender's people sign in at this provider, as admin does once two operators agreed."""
    stated = await draft_saml(portal, lender_id, **changes)
    path = f"/organisations/lender/{lender_id}/identity-provider/activate"
    answer = await portal.ask("POST", path, json=stated)
    assert answer.status_code == 200, answer.text


async def enrol(portal: Portal, lender_id: str = FIRST, email: str | None = None) -> str:
    """Enrols an officer; their id."""
    body = {"kind": "lender", "organisation_id": lender_id, "organisation_name": "Lender"}
    answer = await portal.ask("POST", "/people", json=body | {"email": email or OFFICER[lender_id]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["person_id"])


def acs(lender_id: str) -> str:
    """Where a lender's responses come in."""
    return f"{ORIGIN}/v1/lender/saml/{lender_id}/acs"


def assertion(request_id: str, lender_id: str = FIRST, roles: tuple[str, ...] = (), **changes: str) -> str:
    """The unsigned response of a lender's provider; `changes` replace what it says, `roles` are of that attribute."""
    values = {
        "name": OFFICER[lender_id],
        "issuer": ENTITY_ID[lender_id],
        "destination": acs(lender_id),
        "recipient": acs(lender_id),
        "audience": f"{ORIGIN}/v1/lender/saml/{lender_id}/metadata",
    }
    return response_xml(request_id, roles=roles, **{**values, **changes})


async def begin(client: httpx.AsyncClient, lender_id: str = FIRST, **query: str) -> str:
    """Goes to the lender's provider; the request's id."""
    answer = await client.get(f"/v1/lender/saml/{lender_id}/login", params=query)
    assert answer.status_code == 302, answer.text
    return request_of(answer.headers["location"])[0]


async def post(client: httpx.AsyncClient, xml: str, lender_id: str = FIRST, **form: str) -> httpx.Response:
    """The provider's page posts a response."""
    return await client.post(f"/v1/lender/saml/{lender_id}/acs", data={"SAMLResponse": encoded(xml), **form})


async def sign_in(
    client: httpx.AsyncClient, lender_id: str = FIRST, roles: tuple[str, ...] = (), **changes: str
) -> httpx.Response:
    """A whole sign-in; what the assertion says may be changed."""
    return await post(client, signed(assertion(await begin(client, lender_id), lender_id, roles, **changes)), lender_id)


def cookie(client: httpx.AsyncClient) -> str:
    """What the browser keeps while the person is at the provider."""
    return str(client.cookies[SIGNING_IN])


def keep(client: httpx.AsyncClient, value: str) -> None:
    """Has a browser keep that."""
    client.cookies.clear()
    client.cookies.set(SIGNING_IN, value, domain="altscore.test")
