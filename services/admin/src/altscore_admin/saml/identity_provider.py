"""An identity provider and us as its service provider, by python3-saml in strict mode (ADR 0055)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from altscore_admin.errors import BadSignInConfiguration
from altscore_admin.saml.domain import ASSERTION_MAX, CLOCK_DRIFT, SignInRequest, Statement
from altscore_admin.saml.precheck import Shape, Unacceptable

_CONSTANTS = OneLogin_Saml2_Constants
NAME_ID_PERSISTENT = str(_CONSTANTS.NAMEID_PERSISTENT)
NAME_ID_EMAIL = str(_CONSTANTS.NAMEID_EMAIL_ADDRESS)


@dataclass(frozen=True)
class ServiceProvider:
    """Us, as an identity provider knows us.

    Attributes:
        origin: of our pages; the entity id and the ACS are derived from it, never from a request's Host.
        prefix: of the routes of this sign-in.
        name_id_format: of the subjects that we ask for.
        key_pem: our private key, which signs requests; "" where they are not signed.
        certificate_pem: of that key, in our metadata.
    """

    origin: str
    prefix: str
    name_id_format: str = NAME_ID_PERSISTENT
    key_pem: str = ""
    certificate_pem: str = ""

    @property
    def acs_path(self) -> str:
        """Where responses come in."""
        return f"{self.prefix}/acs"

    @property
    def acs_url(self) -> str:
        """Where browsers bring responses."""
        return f"{self.origin}{self.acs_path}"

    @property
    def entity_id(self) -> str:
        """What a response must name as its audience."""
        return f"{self.origin}{self.prefix}/metadata"

    def metadata(self) -> bytes:
        """What the identity provider needs to know of us."""
        settings = OneLogin_Saml2_Settings(_library_settings(self), sp_validation_only=True)
        document = settings.get_sp_metadata()
        return document.encode() if isinstance(document, str) else bytes(document)


@dataclass(frozen=True)
class ProviderSettings:
    """Of the identity provider.

    Attributes:
        entity_id: of the provider.
        sso_url: where requests go, by redirect.
        certificates_pem: that its assertions are signed with; two during a change.
        service_provider: us, as it knows us.
    """

    entity_id: str
    sso_url: str
    certificates_pem: bytes
    service_provider: ServiceProvider


class IdentityProvider:
    """Writes signed requests and verifies responses; knows no replay: who asks and who came before is the service's.

    Raises:
        BadSignInConfiguration: a certificate, key or address cannot be used.
    """

    def __init__(self, settings: ProviderSettings) -> None:
        us = settings.service_provider
        self.service_provider = us
        self._request_data = {"https": "on", "http_host": urlsplit(us.origin).netloc, "script_name": us.acs_path}
        try:
            provider = _provider_settings(settings)
            self._settings = OneLogin_Saml2_Settings({**_library_settings(us), "idp": provider})
        except (ValueError, OneLogin_Saml2_Error) as error:
            raise BadSignInConfiguration(f"SAML: {type(error).__name__}") from None

    def request_url(self, request: SignInRequest, relay_state: str) -> str:
        """Where a browser goes to sign in; the request is signed where we have a key."""
        auth = OneLogin_Saml2_Auth(self._request_data, self._settings)
        auth.authn_request_class = _named(request.request_id)
        return str(auth.login(return_to=relay_state))

    def statement_of(self, encoded: str, shape: Shape) -> Statement:
        """What a response says whose form was checked.

        Args:
            encoded: the same form field.
            shape: of it, by the pre-check.

        Raises:
            Unacceptable: a signature of nobody we believe, another audience or recipient, too old, or no such answer.
        """
        _refuse_unless(shape.destination == self.service_provider.acs_url, "destination")
        _refuse_unless(set(shape.recipients) == {self.service_provider.acs_url}, "recipient")
        _refuse_unless(shape.audiences == (self.service_provider.entity_id,), "audience")
        _refuse_unless(None not in shape.expires, "expiry")
        try:
            response = OneLogin_Saml2_Response(self._settings, encoded)
            response.is_valid(self._request_data, request_id=shape.request_id, raise_exceptions=True)
            until = min(OneLogin_Saml2_Utils.parse_SAML_to_time(value) for value in shape.expires)
            end = response.get_session_not_on_or_after()
            statement = Statement(
                name_id=str(response.get_nameid()),
                attributes=response.get_attributes(),
                session_end=None if end is None else datetime.fromtimestamp(end, UTC),
                issued_until=datetime.fromtimestamp(until, UTC) + CLOCK_DRIFT,
            )
        except Exception as error:  # whatever the library raises of a response, nobody signs in by it
            raise Unacceptable(f"library_{type(error).__name__}") from error
        _refuse_unless(statement.name_id == shape.name_id, "name_id")
        _refuse_unless(until <= OneLogin_Saml2_Utils.now() + ASSERTION_MAX / timedelta(seconds=1), "expiry")
        return statement


def _refuse_unless(holds: bool, reason: str) -> None:
    if not holds:
        raise Unacceptable(reason)


def _named(request_id: str) -> type[Any]:
    class NamedRequest(OneLogin_Saml2_Authn_Request):  # type: ignore[misc]  # the library has no types
        def _generate_request_id(self) -> str:
            return request_id

    return cast(type[Any], NamedRequest)


def _provider_settings(settings: ProviderSettings) -> dict[str, Any]:
    certificates = x509.load_pem_x509_certificates(settings.certificates_pem)
    if not certificates:
        raise ValueError("no certificate")
    signing = [certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates]
    return {
        "entityId": settings.entity_id,
        "singleSignOnService": {"url": settings.sso_url, "binding": _CONSTANTS.BINDING_HTTP_REDIRECT},
        "x509certMulti": {"signing": signing},
    }


def _library_settings(us: ServiceProvider) -> dict[str, Any]:
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": us.entity_id,
            "assertionConsumerService": {"url": us.acs_url, "binding": _CONSTANTS.BINDING_HTTP_POST},
            "NameIDFormat": us.name_id_format,
            "x509cert": us.certificate_pem,
            "privateKey": us.key_pem,
        },
        "security": {
            "authnRequestsSigned": bool(us.key_pem),
            "wantAssertionsSigned": True,
            "wantMessagesSigned": False,
            "wantNameId": True,
            "rejectDeprecatedAlgorithm": True,
            "rejectUnsolicitedResponsesWithInResponseTo": True,
            "requestedAuthnContext": False,
            "allowSingleLabelDomains": True,
            "signatureAlgorithm": _CONSTANTS.RSA_SHA256,
            "digestAlgorithm": _CONSTANTS.SHA256,
        },
    }
