"""Operators' real sign-in in the local stack: the identity provider's key, ours, and the root of simulated keys."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from altscore_local.files import PRIVATE, PUBLIC, write_file
from altscore_local.layout import LOOPBACK, Layout
from altscore_local.pki import issue_for_hosts

PROVIDER = "saml-sim"
IDP = "https://saml-sim.altscore.test/metadata"
# Of tests/simulators/simulators_security_key, and of Chromium's virtual authenticator, whose root tests add themselves.
AAGUIDS = ("6d8f1c9a-41b7-4f5e-9a2e-0c7d55aa1e10", "01020304-0506-0708-0102-030405060708")
ROLES = {
    f"altscore-{role.replace('_', '-')}": role
    for role in (
        *("data_engineer", "ml_engineer", "credit_risk_analyst", "legal_compliance", "security_audit"),
        *("engineering_ops", "super_admin"),
    )
}
# Whom the simulated identity provider knows, and what it says of them.
USERS = {
    "asha": ("super_admin", "engineering_ops", "ml_engineer"),
    "banu": ("super_admin", "engineering_ops", "ml_engineer"),
    "chitra": ("legal_compliance",),
    "divya": ("credit_risk_analyst",),
    "esha": ("security_audit",),
}
VARIABLES = (
    *("PUBLIC_ORIGIN", "SAML_IDP_ENTITY_ID", "SAML_IDP_SSO_URL", "SAML_IDP_CERTIFICATES_FILE", "SAML_SP_KEY_FILE"),
    *("SAML_SP_CERTIFICATE_FILE", "SAML_ROLES", "KEY_ROOTS_DIR", "KEY_AAGUIDS"),
)
_DAYS = 397


def origin(layout: Layout) -> str:
    """Of admin's pages: WebAuthn takes no IP address."""
    return f"https://localhost:{layout.browser_port('admin')}"


def portal_origin(layout: Layout) -> dict[str, str]:
    """Where browsers reach the portal, without prefix."""
    return {"PUBLIC_ORIGIN": f"https://localhost:{layout.browser_port('portal')}"}


def files(layout: Layout) -> Path:
    """The folder of everything below, which is written once."""
    folder = layout.pki / "sign-in"
    for name in ("idp", "idp-other", "sp"):
        if not (folder / f"{name}.crt").exists():
            key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
            _write(folder, name, key, _certificate(_name(f"altscore-{name}"), key, is_root=False))
    if not (folder / "roots" / "packed" / "maker.pem").exists():
        maker = ec.generate_private_key(ec.SECP256R1())
        root = _certificate(_name("Test security keys root"), maker, is_root=True)
        write_file(folder / "maker.key", _pem(maker), mode=PRIVATE)
        write_file(folder / "roots" / "packed" / "maker.pem", root, mode=PUBLIC)
    users = {name: {"roles": [f"altscore-{role.replace('_', '-')}" for role in roles]} for name, roles in USERS.items()}
    write_file(folder / "users.json", json.dumps(users, indent=1), mode=PUBLIC)
    return folder


def is_on_loopback(layout: Layout) -> bool:
    """Whether a browser on this machine reaches the identity provider: as a process, or where its port is published."""
    return layout.host_pattern == LOOPBACK or layout.published_offset is not None


def sso_url(layout: Layout) -> str:
    """Where a browser is sent to; one inside the cluster's network knows the provider by its name there."""
    on_loopback = f"localhost:{layout.browser_port(PROVIDER)}"
    return f"https://{on_loopback if is_on_loopback(layout) else layout.address(PROVIDER)}/sso"


def environment(layout: Layout) -> dict[str, str]:
    """What admin is told of it, without prefix."""
    folder = files(layout)
    return {
        "PUBLIC_ORIGIN": origin(layout),
        "SAML_IDP_ENTITY_ID": IDP,
        "SAML_IDP_SSO_URL": sso_url(layout),
        "SAML_IDP_CERTIFICATES_FILE": str(folder / "idp.crt"),
        "SAML_SP_KEY_FILE": str(folder / "sp.key"),
        "SAML_SP_CERTIFICATE_FILE": str(folder / "sp.crt"),
        "SAML_ROLES": json.dumps(ROLES),
        "KEY_ROOTS_DIR": str(folder / "roots"),
        "KEY_AAGUIDS": json.dumps(AAGUIDS),
    }


def simulator_arguments(layout: Layout) -> list[str]:
    """The command line of the identity provider."""
    folder = files(layout)
    hosts = [] if is_on_loopback(layout) else [layout.host(PROVIDER)]
    issue_for_hosts(layout, PROVIDER, folder=folder, hosts=hosts)
    paths = {
        "cert": folder / "idp.crt",
        "key": folder / "idp.key",
        "other-cert": folder / "idp-other.crt",
        "other-key": folder / "idp-other.key",
        "users": folder / "users.json",
        "tls-cert": folder / f"{PROVIDER}.crt",
        "tls-key": folder / f"{PROVIDER}.key",
    }
    named = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    acs = f"{origin(layout)}/v1/admin/saml/acs"
    return ["--port", str(layout.port(PROVIDER)), "--issuer", IDP, "--acs", acs, *named]


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, is_root: bool) -> bytes:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(minutes=5))
    builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    return (
        builder.not_valid_after(now + timedelta(days=_DAYS))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(folder: Path, name: str, key: rsa.RSAPrivateKey, certificate: bytes) -> None:
    write_file(folder / f"{name}.key", _pem(key), mode=PRIVATE)
    write_file(folder / f"{name}.crt", certificate, mode=PUBLIC)
