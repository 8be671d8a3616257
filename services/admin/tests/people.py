"""Operators who sign in as people do: an identity provider that signs assertions, security keys, and their browsers."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
import xmlsec
from altscore_admin.confirmations.service import ConfirmedOutbox
from altscore_admin.operators.domain import Operator, Role
from altscore_admin.operators.service import DevelopmentOperators
from altscore_admin.saml.identity_provider import IdentityProvider, ProviderSettings, ServiceProvider
from altscore_admin.security_keys.domain import KeyPolicy
from altscore_admin.sessions.row_macs import SignInMacs
from altscore_admin.sessions.wiring import SignInConfiguration, sign_in_services
from altscore_libs.clock import FixedClock
from altscore_libs.testing import OUTBOX_KEY, api_client
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from simulators_security_key.authenticator import RIGHT, Maker, Otherwise, SecurityKey

from .conftest import CATALOGUE, Operations

ORIGIN = "https://altscore.test"
ACS = f"{ORIGIN}/v1/admin/saml/acs"
AUDIENCE = f"{ORIGIN}/v1/admin/saml/metadata"
IDP = "https://idp.test/metadata"
ROLES = {"altscore-super": Role.SUPER_ADMIN, "altscore-ml": Role.ML_ENGINEER, "altscore-ops": Role.ENGINEERING_OPS}
TIME = "%Y-%m-%dT%H:%M:%SZ"
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{response_id}" Version="2.0" IssueInstant="{issued}" \
Destination="{destination}" InResponseTo="{request_id}"><saml:Issuer>{issuer}</saml:Issuer><samlp:Status>\
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
<saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{issued}"><saml:Issuer>{issuer}</saml:Issuer>\
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name}</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData \
InResponseTo="{confirmed_id}" Recipient="{recipient}" NotOnOrAfter="{until}"/></saml:SubjectConfirmation>\
</saml:Subject><saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}"><saml:AudienceRestriction>\
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant="{issued}" SessionIndex="_s1"{session_end}><saml:AuthnContext>\
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>\
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="roles">{roles}\
</saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"""


def _key_and_certificate(name: str) -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), certificate.public_bytes(Encoding.PEM).decode()


IDP_KEY, IDP_CERTIFICATE = _key_and_certificate("idp")
OTHER_KEY, OTHER_CERTIFICATE = _key_and_certificate("other idp")
SP_KEY, SP_CERTIFICATE = _key_and_certificate("sp")
MAKER = Maker()
PROVIDER = IdentityProvider(
    ProviderSettings(
        entity_id=IDP,
        sso_url="https://idp.test/sso",
        certificates_pem=IDP_CERTIFICATE.encode(),
        service_provider=ServiceProvider(
            origin=ORIGIN,
            prefix="/v1/admin/saml",
            key_pem=SP_KEY,
            certificate_pem=SP_CERTIFICATE,
        ),
    )
)
POLICY = KeyPolicy(
    rp_id="altscore.test", origin=ORIGIN, roots={"packed": [MAKER.root_pem()]}, aaguids=frozenset({MAKER.aaguid})
)
CONFIGURATION = SignInConfiguration(
    provider=PROVIDER, policy=POLICY, roles_attribute="roles", roles=ROLES, macs=SignInMacs(OUTBOX_KEY)
)


def response_xml(request_id: str, name: str, *, roles: tuple[str, ...] = ("altscore-super",), **changes: str) -> str:
    """An unsigned response; `changes` replace fields of the template."""
    now = datetime.now(UTC)
    digest = hashlib.sha256(f"{request_id}{name}{changes}".encode()).hexdigest()
    values = {
        "response_id": f"_r{digest}",
        "assertion_id": f"_a{digest}",
        "request_id": request_id,
        "confirmed_id": request_id,
        "issued": now.strftime(TIME),
        "since": (now - timedelta(minutes=1)).strftime(TIME),
        "until": (now + timedelta(minutes=5)).strftime(TIME),
        "session_end": "",
        "destination": ACS,
        "recipient": ACS,
        "issuer": IDP,
        "audience": AUDIENCE,
        "name": name,
        "roles": "".join(f"<saml:AttributeValue>{role}</saml:AttributeValue>" for role in roles),
    }
    return RESPONSE.format(**{**values, **changes})


def signed(xml: str, key: str = IDP_KEY, certificate: str = IDP_CERTIFICATE) -> str:
    """The response with its assertion signed."""
    root = etree.fromstring(xml.encode())
    (assertion,) = root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
    signature = xmlsec.template.create(
        assertion, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformRsaSha256, ns="ds"
    )
    assertion.insert(1, signature)
    reference = xmlsec.template.add_reference(
        signature, xmlsec.constants.TransformSha256, uri=f"#{assertion.get('ID')}"
    )
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(certificate, xmlsec.constants.KeyDataFormatPem)
    context.sign(signature)
    return str(etree.tostring(root).decode())


def encoded(xml: str | bytes) -> str:
    """As the form field."""
    return base64.b64encode(xml if isinstance(xml, bytes) else xml.encode()).decode()


def request_of(location: str) -> tuple[str, str]:
    """The id and the XML of the request behind a redirect."""
    packed = parse_qs(urlsplit(location).query)["SAMLRequest"][0]
    xml = zlib.decompress(base64.b64decode(packed), -15).decode()
    match = re.search(r'ID="([^"]+)"', xml)
    assert match is not None
    return match[1], xml


@dataclass
class Person:
    """An operator at their browser."""

    operator_id: str
    client: httpx.AsyncClient
    key: SecurityKey
    roles: tuple[str, ...] = ("altscore-super",)
    csrf: dict[str, str] = field(default_factory=dict)

    async def ask(self, next_path: str = "/") -> str:
        """Goes to the identity provider; the request's id."""
        answer = await self.client.get("/v1/admin/saml/login", params={"next": next_path})
        assert answer.status_code == 302
        return request_of(answer.headers["location"])[0]

    async def respond(self, xml: str | bytes, relay_state: str | None = None) -> httpx.Response:
        """Posts a response of the identity provider."""
        form = {"SAMLResponse": encoded(xml)} | ({} if relay_state is None else {"RelayState": relay_state})
        return await self.client.post("/v1/admin/saml/acs", data=form)

    async def sign_in(self) -> httpx.Response:
        """A SAML session."""
        request_id = await self.ask()
        answer = await self.respond(signed(response_xml(request_id, self.operator_id, roles=self.roles)))
        assert answer.status_code == 303, answer.text
        session = await self.client.get("/v1/admin/session")
        self.csrf = {"X-CSRF-Token": session.json()["csrf_token"]}
        return answer

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A POST of our own page."""
        return await self.client.post(path, json=body, headers={**self.csrf, **headers})

    async def register(self, code: str, otherwise: Otherwise = RIGHT) -> httpx.Response:
        """Registers the key."""
        challenge = await self.post("/v1/admin/security-keys/challenge", {"code": code})
        assert challenge.status_code == 201, challenge.text
        credential = self.key.create(challenge.json()["options"], otherwise)
        return await self.post(
            "/v1/admin/security-keys", {"challenge_id": challenge.json()["challenge_id"], "credential": credential}
        )

    async def touch(self, otherwise: Otherwise = RIGHT, **changes: Any) -> httpx.Response:
        """Asks for an admin token."""
        challenge = await self.post("/v1/admin/session/challenge")
        assert challenge.status_code == 201, challenge.text
        body = {
            "challenge_id": challenge.json()["challenge_id"],
            "credential": self.key.get(challenge.json()["options"], otherwise),
        }
        return await self.post("/v1/admin/session/token", {**body, **changes})

    async def confirmation(
        self, path: str, content: bytes, *, method: str = "POST", otherwise: Otherwise = RIGHT
    ) -> dict[str, str]:
        """The header that confirms an action."""
        action = {"method": method, "path": path, "body_sha256": hashlib.sha256(content).hexdigest()}
        challenge = await self.post("/v1/admin/action-challenges", action)
        assert challenge.status_code == 201, challenge.text
        assertion = {
            "challenge_id": challenge.json()["challenge_id"],
            "credential": self.key.get(challenge.json()["options"], otherwise),
        }
        return {"X-Action-Assertion": base64.urlsafe_b64encode(json.dumps(assertion).encode()).rstrip(b"=").decode()}

    async def act(self, path: str, body: Any = None) -> httpx.Response:
        """A sensitive action, confirmed."""
        content = b"" if body is None else json.dumps(body).encode()
        return await self.send(path, content, await self.confirmation(path, content))

    async def send(self, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """A request with exactly these bytes."""
        kind = {"Content-Type": "application/json"} if content else {}
        return await self.client.post(path, content=content, headers={**self.csrf, **kind, **headers})


class People:
    """The service with a real sign-in, and operators."""

    def __init__(self, operations: Operations, stack: AsyncExitStack, clock: FixedClock, pool: asyncpg.Pool) -> None:
        outbox = ConfirmedOutbox(CATALOGUE, "admin", clock, mac_key=OUTBOX_KEY)
        services = sign_in_services(
            pool=pool,
            outbox=outbox,
            clock=clock,
            operators=DevelopmentOperators.nobody(),
            configuration=CONFIGURATION,
            approvals=operations.services.approvals,
        )
        operations.services = replace(operations.services, **services)
        operations.app.state.services = operations.services
        self.operations = operations
        self.clock = clock
        self._stack = stack

    def trust(self, provider: IdentityProvider, policy: KeyPolicy, roles: Mapping[str, Role]) -> None:
        """Another identity provider, and keys of another maker and origin."""
        services = self.operations.services
        keys = replace(services.keys, policy=policy)
        sessions = replace(services.sessions, keys=keys)
        confirmations = replace(services.confirmations, keys=keys)
        self.operations.services = replace(
            services,
            keys=keys,
            sessions=sessions,
            confirmations=confirmations,
            saml=replace(services.saml, provider=provider, roles=roles),
            sign_in=replace(services.sign_in, sessions=sessions, confirmations=confirmations),
        )
        self.operations.app.state.services = self.operations.services

    async def person(self, operator_id: str, *roles: str) -> Person:
        """Somebody with a browser and a key that nobody knows yet."""
        client = await self._stack.enter_async_context(api_client(self.operations.app))
        return Person(operator_id, client, key=MAKER.new_key(ORIGIN), roles=roles or ("altscore-super",))

    async def invited(self, operator_id: str) -> str:
        """The code of an invitation that two others made."""
        services = self.operations.services
        request, code = await services.invitations_of_keys.request(_operator("first-1"), operator_id)
        await services.approvals.approve(_operator("second-1"), request.approval_id, request.content_sha256)
        return code

    async def at_work(self, operator_id: str, *roles: str) -> Person:
        """Somebody who signed in, registered a key and touched it."""
        person = await self.person(operator_id, *roles)
        await person.sign_in()
        assert (await person.register(await self.invited(operator_id))).status_code == 201
        assert (await person.touch()).status_code == 201
        return person

    async def refusals(self) -> list[str]:
        """Reasons of refused sign-ins."""
        return [event["reason"] for event in await self.operations.events() if event["action"] == "failed_auth"]


def _operator(operator_id: str) -> Operator:
    return Operator(operator_id, frozenset({Role.SUPER_ADMIN}))


@pytest.fixture
def clock() -> FixedClock:
    """The machine's time: the SAML library takes no other."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
async def people(operations: Operations, clock: FixedClock, pool: asyncpg.Pool) -> AsyncIterator[People]:
    async with AsyncExitStack() as stack:
        yield People(operations, stack, clock, pool)
