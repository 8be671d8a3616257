"""A real identity provider signs in at the service's own code, and what it does wrong is refused there."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from altscore_admin.saml.domain import Statement, new_request
from altscore_admin.saml.identity_provider import IdentityProvider, ProviderSettings, ServiceProvider
from altscore_admin.saml.precheck import Unacceptable, shape_of
from altscore_local.sign_in import IDP

from .conftest import Provider

REFUSED_BY_FORM = ("unsigned", "comment", "doctype", "xslt", "twice", "wrapped")
REFUSED_BY_CONTENT = ("other_key", "other_audience", "expired", "other_recipient", "other_request", "other_issuer")


@pytest.fixture
def service_provider(provider: Provider) -> IdentityProvider:
    """Ours, as admin wires it."""
    return IdentityProvider(
        ProviderSettings(
            entity_id=IDP,
            sso_url="https://localhost:1/sso",
            certificates_pem=(provider.folder / "idp.crt").read_bytes(),
            service_provider=ServiceProvider(
                origin="https://localhost:21109",
                prefix="/v1/admin/saml",
                key_pem=(provider.folder / "sp.key").read_text(),
                certificate_pem=(provider.folder / "sp.crt").read_text(),
            ),
        )
    )


@pytest.fixture
def faults(provider: Provider) -> Iterator[None]:
    yield
    provider.client.post("/sim/faults", json={"mode": None}).raise_for_status()


def sign_in(provider: Provider, ours: IdentityProvider, name: str) -> Statement:
    """What the provider says of somebody, as the service reads it."""
    request = new_request(datetime.now(UTC))
    query = urlsplit(ours.request_url(request, "/grievances")).query
    page = provider.client.get(f"/sso?{query}&login_as={name}").text
    match = re.search(r'name="SAMLResponse" value="([^"]+)"', page)
    assert match is not None, page
    assert 'name="RelayState" value="/grievances"' in page
    shape = shape_of(match[1])
    if shape.request_id != request.request_id:
        raise Unacceptable("other_request")
    return ours.statement_of(match[1], shape)


def test_a_person_of_the_provider_is_signed_in(provider: Provider, service_provider: IdentityProvider) -> None:
    statement = sign_in(provider, service_provider, "asha")
    assert statement.name_id == "asha"
    assert sorted(statement.attributes["roles"]) == [
        *("altscore-engineering-ops", "altscore-ml-engineer", "altscore-super-admin"),
    ]


def test_who_is_not_named_is_asked_for(provider: Provider) -> None:
    page = provider.client.get("/sso?SAMLRequest=%3Cx%3E&login_as=constructor").text
    assert "Sign in as" in page
    assert "<x>" not in page


@pytest.mark.parametrize("mode", REFUSED_BY_FORM + REFUSED_BY_CONTENT)
@pytest.mark.usefixtures("faults")
def test_a_provider_that_misbehaves_signs_nobody_in(
    provider: Provider, service_provider: IdentityProvider, mode: str
) -> None:
    provider.client.post("/sim/faults", json={"mode": mode}).raise_for_status()
    with pytest.raises(Unacceptable):
        sign_in(provider, service_provider, "asha")


def test_an_unknown_fault_is_refused(provider: Provider) -> None:
    assert provider.client.post("/sim/faults", json={"mode": "other"}).status_code == 400
