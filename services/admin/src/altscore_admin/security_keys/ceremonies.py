"""WebAuthn's two ceremonies by the library, with what it leaves open: formats, models, roots, backups (ADR 0055)."""

from typing import Any, NamedTuple
from uuid import UUID

from cryptography import x509
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict, parse_attestation_object, parse_authenticator_data
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from altscore_admin.security_keys.domain import CHALLENGE_LIFETIME, KeyPolicy, user_handle

ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
_TIMEOUT_MS = int(CHALLENGE_LIFETIME.total_seconds() * 1000)
_AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTET_STRING_OF_16 = b"\x04\x10"
# What the library and the parsers below it raise for bytes that are no such message.
MALFORMED = (
    *(WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError),
    RecursionError,
)
_PARTS = ("authenticatorData", "clientDataJSON", "signature", "userHandle")


class NotAccepted(Exception):
    """The key or its answer is refused; the message is a fixed reason and quotes nothing."""


class Registration(NamedTuple):
    """A new key."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    attestation_format: str


class VerifiedAssertion(NamedTuple):
    """An answer that holds, but for its count, which the caller compares under a row lock."""

    sign_count: int
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


def credential_id_of(credential: dict[str, Any]) -> bytes | None:
    """Which key an answer claims to be of."""
    try:
        return base64url_to_bytes(credential["rawId"])
    except MALFORMED:
        return None


def registration_options(
    policy: KeyPolicy, operator_id: str, challenge: bytes, *, registered: list[bytes]
) -> dict[str, Any]:
    """Options for a new key of an operator; keys that are registered already are excluded."""
    return options_to_json_dict(
        generate_registration_options(
            rp_id=policy.rp_id,
            rp_name="AltScore admin",
            user_name=operator_id,
            user_id=user_handle(operator_id),
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            attestation=AttestationConveyancePreference.DIRECT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=identifier) for identifier in registered],
            supported_pub_key_algs=ALGORITHMS,
        )
    )


def assertion_options(policy: KeyPolicy, challenge: bytes, *, registered: list[bytes]) -> dict[str, Any]:
    """Options for a touch of one of the operator's keys."""
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=policy.rp_id,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=identifier) for identifier in registered],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def verify_registration(policy: KeyPolicy, credential: dict[str, Any], challenge: bytes) -> Registration:
    """The new key behind an answer.

    Raises:
        NotAccepted: anything is not as demanded. With no root for its format the library would take any chain, and
            with no chain at all the key's own signature: both are refused before it is asked.
    """
    try:
        statement = parse_attestation_object(base64url_to_bytes(credential["response"]["attestationObject"]))
        attestation_format = str(statement.fmt)
        roots = list(policy.roots.get(AttestationFormat(attestation_format).value, ()))
        if not roots:
            raise NotAccepted("attestation_format")
        chain = statement.att_stmt.x5c
        if not chain:
            raise NotAccepted("attestation_without_certificate")
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=policy.rp_id,
            expected_origin=policy.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
            pem_root_certs_bytes_by_fmt={AttestationFormat(attestation_format): roots},
        )
        certified = _certified_aaguid(chain[0])
    except MALFORMED as error:
        raise NotAccepted("registration") from error
    if verified.aaguid not in policy.aaguids or certified not in (None, verified.aaguid):
        raise NotAccepted("model")
    if verified.credential_device_type != CredentialDeviceType.SINGLE_DEVICE or verified.credential_backed_up:
        raise NotAccepted("backup")
    return Registration(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=verified.aaguid,
        attestation_format=attestation_format,
    )


def _certified_aaguid(certificate: bytes) -> str | None:
    """The model that the maker certified; the library does not compare it with the one that the key states."""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    for extension in extensions:
        if extension.oid == _AAGUID_EXTENSION and isinstance(extension.value, x509.UnrecognizedExtension):
            value = extension.value.value
            if not value.startswith(_OCTET_STRING_OF_16):
                raise NotAccepted("model")
            return str(UUID(bytes=value[2:]))
    return None


def verify_assertion(
    policy: KeyPolicy, credential: dict[str, Any], challenge: bytes, *, public_key: bytes, handle: bytes
) -> VerifiedAssertion:
    """An answer that holds.

    Raises:
        NotAccepted: anything is not as demanded.
    """
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=policy.rp_id,
            expected_origin=policy.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,  # a key is suspended for its count, but only by its own signature
            require_user_verification=True,
        )
        stated = {name: credential["response"][name] for name in _PARTS if credential["response"].get(name) is not None}
        response = {name: base64url_to_bytes(value) for name, value in stated.items()}
        flags = parse_authenticator_data(response["authenticatorData"]).flags
    except MALFORMED as error:
        raise NotAccepted("assertion") from error
    if response.get("userHandle", handle) != handle:
        raise NotAccepted("user")
    if flags.be or flags.bs:
        raise NotAccepted("backup")
    return VerifiedAssertion(
        sign_count=verified.new_sign_count,
        authenticator_data=response["authenticatorData"],
        client_data=response["clientDataJSON"],
        signature=response["signature"],
    )
