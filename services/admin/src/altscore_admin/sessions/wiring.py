"""Wires operators' sign-in: the identity provider and the keys that the settings name, or a refusal to start."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.outbox import Outbox
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from altscore_admin.approvals.service import ApprovalService
from altscore_admin.confirmations.service import ConfirmationService
from altscore_admin.errors import BadSignInConfiguration
from altscore_admin.operator_saml.domain import PREFIX
from altscore_admin.operator_saml.service import SamlService
from altscore_admin.operators.domain import Role
from altscore_admin.operators.service import DevelopmentOperators, SignInService
from altscore_admin.saml.identity_provider import IdentityProvider, ProviderSettings, ServiceProvider
from altscore_admin.security_keys.domain import ATTESTATION_FORMATS, KeyPolicy
from altscore_admin.security_keys.invitations import InvitationService
from altscore_admin.security_keys.service import SecurityKeyService
from altscore_admin.sessions.row_macs import SignInMacs
from altscore_admin.sessions.service import SessionService
from altscore_admin.settings import ApiSettings, SignInSettings

# Each is needed as soon as one of them is given: half a configuration signs nobody in, or too many.
NEEDED = (
    *("public_origin", "saml_idp_entity_id", "saml_idp_sso_url", "saml_idp_certificates_file", "saml_sp_key_file"),
    *("saml_sp_certificate_file", "saml_roles", "key_roots_dir", "key_aaguids"),
)


@dataclass(frozen=True)
class SignInConfiguration:
    """What the settings name; without provider and policy, development tokens alone sign in."""

    provider: IdentityProvider | None
    policy: KeyPolicy | None
    roles_attribute: str
    roles: Mapping[str, Role]
    macs: SignInMacs


NOT_CONFIGURED = SignInConfiguration(
    provider=None, policy=None, roles_attribute="roles", roles={}, macs=SignInMacs(secrets.token_bytes(32))
)


def load_sign_in(settings: ApiSettings) -> SignInConfiguration:
    """The identity provider and the keys; NOT_CONFIGURED where the settings name none of it.

    Raises:
        SystemExit: half of it, or a file that cannot be used; the message names settings and no content.
    """
    missing = [name for name in NEEDED if not getattr(settings, name)]
    if len(missing) == len(NEEDED):
        return NOT_CONFIGURED
    if missing:
        raise SystemExit(
            f"sign-in is half configured; missing: {', '.join(f'ADMIN_{name.upper()}' for name in missing)}"
        )
    try:
        return SignInConfiguration(
            provider=IdentityProvider(_provider_settings(settings)),
            policy=_key_policy(settings),
            roles_attribute=settings.saml_roles_attribute,
            roles=dict(settings.saml_roles or {}),
            macs=SignInMacs(settings.outbox_key_bytes()),
        )
    except (BadSignInConfiguration, OSError, ValueError) as error:
        detail = error if isinstance(error, BadSignInConfiguration) else type(error).__name__
        raise SystemExit(f"sign-in cannot be configured: {detail}") from None


def _provider_settings(settings: SignInSettings) -> ProviderSettings:
    return ProviderSettings(
        entity_id=str(settings.saml_idp_entity_id),
        sso_url=str(settings.saml_idp_sso_url),
        certificates_pem=_path(settings.saml_idp_certificates_file).read_bytes(),
        service_provider=ServiceProvider(
            origin=str(settings.public_origin),
            prefix=PREFIX,
            key_pem=_path(settings.saml_sp_key_file).read_text(encoding="ascii"),
            certificate_pem=_path(settings.saml_sp_certificate_file).read_text(encoding="ascii"),
        ),
    )


def _key_policy(settings: SignInSettings) -> KeyPolicy:
    """The accepted models, and their makers' roots: without a root the library would accept any key."""
    folder = _path(settings.key_roots_dir)
    roots = {name: _roots(folder / name) for name in ATTESTATION_FORMATS if (folder / name).is_dir()}
    if not any(roots.values()):
        raise BadSignInConfiguration("ADMIN_KEY_ROOTS_DIR holds no <attestation format>/<name>.pem")
    return KeyPolicy(
        rp_id=urlsplit(str(settings.public_origin)).hostname or "",
        origin=str(settings.public_origin),
        roots=roots,
        aaguids=frozenset(str(UUID(text)) for text in settings.key_aaguids or ()),
    )


def _roots(folder: Path) -> list[bytes]:
    # The library takes the first certificate of a file alone, so every one is given by itself.
    contents = (path.read_bytes() for path in sorted(folder.glob("*.pem")))
    roots = [root for content in contents for root in x509.load_pem_x509_certificates(content)]
    return [root.public_bytes(Encoding.PEM) for root in roots]


def _path(value: Path | None) -> Path:
    if value is None:
        raise BadSignInConfiguration("a file is not named")
    return value


def sign_in_services(
    *,
    pool: asyncpg.Pool,
    outbox: Outbox,
    clock: Clock,
    operators: DevelopmentOperators,
    configuration: SignInConfiguration,
    approvals: ApprovalService,
) -> dict[str, Any]:
    """The use cases of sign-in, by their names in `Services`."""
    keys = SecurityKeyService(
        pool=pool, outbox=outbox, clock=clock, policy=configuration.policy, macs=configuration.macs
    )
    sessions = SessionService(pool=pool, outbox=outbox, clock=clock, keys=keys, macs=configuration.macs)
    confirmations = ConfirmationService(pool=pool, outbox=outbox, clock=clock, keys=keys)
    return {
        "keys": keys,
        "sessions": sessions,
        "confirmations": confirmations,
        "invitations_of_keys": InvitationService(outbox=outbox, approvals=approvals),
        "saml": SamlService(
            pool=pool,
            outbox=outbox,
            clock=clock,
            provider=configuration.provider,
            roles_attribute=configuration.roles_attribute,
            roles=configuration.roles,
            macs=configuration.macs,
        ),
        "sign_in": SignInService(
            pool=pool,
            outbox=outbox,
            clock=clock,
            directory=operators,
            sessions=sessions,
            confirmations=confirmations,
        ),
    }
