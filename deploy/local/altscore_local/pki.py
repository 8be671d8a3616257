"""The local certificate authorities and one certificate per process name (EC P-256, SPIFFE names)."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from altscore_local.files import PRIVATE, PUBLIC, Stamp, write_file
from altscore_local.layout import LOOPBACK, Layout

SERVICES = (
    "score",
    "consent",
    "ingestion",
    "vault",
    "scoring",
    "notification",
    "webhook",
    "audit",
    "admin",
    "pipeline",
    "portal",
)
STORES = ("postgres", "redis", "kafka", "s3", "airflow", "mlflow", "whatsapp-sim", "sms-sim", "smtp-sim", "oidc-sim")
ML_OPS_CA, ML_OPS = "ml-ops-ca", "ml-ops"  # who may see MLflow: an authority of its own, which no service has
TRUSTSTORE_PASSWORD = "changeit"  # noqa: S105  # Java demands one
CA_DAYS, STORE_DAYS, SERVICE_DAYS = 3_650, 397, 30
RENEW_DAYS, RENEW_SERVICE_DAYS = 30, 20  # before the end; alarms begin 14 days before it
_LOOPBACK = x509.IPAddress(ipaddress.ip_address(LOOPBACK))


def ensure_pki(layout: Layout) -> None:
    """Makes what is missing or about to expire: both authorities and every leaf."""
    for name in ("ca", "connector-ca", ML_OPS_CA):
        is_replaced = (layout.pki / f"{name}-successor.pem").exists()  # altscore_local.authority: not all at once
        if not is_replaced and not _is_fresh(layout.pki / f"{name}.pem"):
            make_authority(layout.pki, name)
    authority = _Authority(layout.pki, "ca")
    renew_services(layout)
    for name in STORES:
        if not authority.issued(layout.pki / f"{name}.crt"):
            authority.issue(layout.pki, name, hosts=[layout.host(name)])
    ml_ops = _Authority(layout.pki, ML_OPS_CA)
    if not ml_ops.issued(layout.pki / f"{ML_OPS}.crt", days=SERVICE_DAYS):
        ml_ops.issue(layout.pki, ML_OPS, hosts=[], days=SERVICE_DAYS)
    _ensure_java_truststore(layout.pki)
    (layout.pki / "public").mkdir(exist_ok=True)
    (layout.pki / "distributors").mkdir(exist_ok=True)
    ensure_host_key(layout.pki / "sftp-host.key")
    ensure_box_key(layout.pki / "grievances", layout.pki / "public" / "grievance-box.pem")


def renew_services(layout: Layout) -> list[str]:
    """Issues anew what the services show each other once a third of its 30 days is over; they take it within seconds.

    Returns:
        Names of the services whose certificate is new.
    """
    authority = _Authority(layout.pki, "ca")
    due = [
        name
        for name in SERVICES
        if not authority.issued(layout.pki / f"{name}.crt", days=SERVICE_DAYS, hosts=layout.hosts_of(name))
    ]
    for name in due:
        authority.issue(layout.pki, name, hosts=layout.hosts_of(name), days=SERVICE_DAYS)
    return due


def has_issued_all(layout: Layout) -> bool:
    """Whether every certificate of this clone is signed by the present authority."""
    authority = _Authority(layout.pki, "ca")
    return all(
        authority.issued(layout.pki / f"{name}.crt", days=days)
        for names, days in ((SERVICES, SERVICE_DAYS), (STORES, STORE_DAYS))
        for name in names
    )


def issue_for_hosts(layout: Layout, owner: str, *, folder: Path, hosts: Sequence[str]) -> None:
    """A further certificate of an owner, for other host names than the layout's, where `folder` has no fresh one."""
    authority = _Authority(layout.pki, "ca")
    if not authority.issued(folder / f"{owner}.crt", days=SERVICE_DAYS):
        authority.issue(folder, owner, hosts=hosts, days=SERVICE_DAYS)


def java_truststore_options(layout: Layout) -> str:
    """JVM flags that make our authority the only trusted one (Spark reads the object store over TLS)."""
    store = layout.pki / "ca.p12"
    return f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={TRUSTSTORE_PASSWORD}"


def _ensure_java_truststore(folder: Path) -> None:
    """Trusted authorities in the form that Java reads; the password is no secret, the content is public."""
    stamp = Stamp(folder / "ca.p12.stamp", [folder / "ca.pem"])
    if stamp.is_current():
        return
    authorities = x509.load_pem_x509_certificates((folder / "ca.pem").read_bytes())
    raw = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(each, b"altscore-local-ca-%d" % place) for place, each in enumerate(authorities)],
        serialization.BestAvailableEncryption(TRUSTSTORE_PASSWORD.encode()),
    )
    write_file(folder / "ca.p12", raw, mode=PUBLIC)
    stamp.set()


def ensure_host_key(path: Path) -> None:
    """The Ed25519 key of the SFTP server; what distributors pin lies beside it as `.pub`."""
    if path.exists():
        return
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    write_file(path.with_suffix(".pub"), public + b"\n", mode=PUBLIC)
    write_file(path, private, mode=PRIVATE)


def ensure_box_key(folder: Path, public: Path) -> None:
    """The X25519 pair of grievances: score seals descriptions with the public half, admin opens them."""
    path = folder / "box-1.pem"
    if not path.exists():
        write_file(path, _private_pem(x25519.X25519PrivateKey.generate()), mode=PRIVATE)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, x25519.X25519PrivateKey):
        raise TypeError("the key of grievances is no X25519 key")
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_file(public, pem, mode=PUBLIC)


def _is_fresh(path: Path, days: int | None = None) -> bool:
    """Whether a certificate is not due to be renewed; one of a service is also due when it lives longer than `days`."""
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    if days != SERVICE_DAYS:
        return left > timedelta(days=RENEW_DAYS)
    return timedelta(days=RENEW_SERVICE_DAYS) < left <= timedelta(days=SERVICE_DAYS)


def _private_pem(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def key_usage(*, signs_certificates: bool, signs_data: bool) -> x509.KeyUsage:
    """What a key of a certificate is for: nothing else than to sign."""
    return x509.KeyUsage(
        digital_signature=signs_data,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def make_authority(folder: Path, name: str, *, file_name: str | None = None) -> None:
    """Writes a new authority of that name, by default into files of the same name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = f"altscore-local-{name}"
    certificate = (
        _builder(subject, _name(subject), key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True, signs_data=False), critical=True)
        .sign(key, hashes.SHA256())
    )
    file_name = file_name or name
    write_file(folder / f"{file_name}.key", _private_pem(key), mode=PRIVATE)
    write_file(folder / f"{file_name}.pem", certificate.public_bytes(serialization.Encoding.PEM), mode=PUBLIC)


class _Authority:
    """Signs leaves with one authority's key."""

    def __init__(self, folder: Path, name: str) -> None:
        self._certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an EC key")
        self._key = key

    def issued(self, path: Path, *, days: int | None = None, hosts: Sequence[str] = ()) -> bool:
        """Whether a leaf is there, fresh, for these hosts, and signed by this authority (not by a former one)."""
        if not _is_fresh(path, days):
            return False
        leaf = x509.load_pem_x509_certificate(path.read_bytes())
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if not {*hosts} <= {LOOPBACK, *names.get_values_for_type(x509.DNSName)}:
            return False
        return leaf.extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value == x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())

    def issue(self, folder: Path, name: str, *, hosts: Sequence[str], days: int = STORE_DAYS) -> None:
        """Writes <name>.key, <name>.crt and <name>.chain.pem (key, leaf, authority: the form Kafka reads)."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = [x509.DNSName(each) for each in ("localhost", *hosts) if each != LOOPBACK]
        names = x509.SubjectAlternativeName(
            [x509.UniformResourceIdentifier(f"spiffe://altscore/{name}"), *named, _LOOPBACK]
        )
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        leaf = (
            _builder(f"altscore-{name}", self._certificate.subject, key.public_key(), days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(signs_certificates=False, signs_data=True), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(names, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        leaf_pem = leaf.public_bytes(serialization.Encoding.PEM)
        authority_pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        write_file(folder / f"{name}.key", _private_pem(key), mode=PRIVATE)
        write_file(folder / f"{name}.crt", leaf_pem, mode=PUBLIC)
        write_file(folder / f"{name}.fullchain.pem", leaf_pem + authority_pem, mode=PUBLIC)
        if name == "kafka":
            write_file(folder / "kafka.keystore.pem", _private_pem(key) + leaf_pem + authority_pem, mode=PRIVATE)
