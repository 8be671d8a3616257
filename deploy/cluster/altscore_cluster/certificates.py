"""The authority of the cluster, a certificate for each part, and their kubeconfig files; all live 30 days."""

import ipaddress
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from altscore_local.files import PUBLIC, write_file
from altscore_local.pki import key_usage
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from altscore_cluster.plan import API_ADDRESS, API_URL, NODE, NODE_ADDRESS, Cluster

DAYS = 30
# part -> (organisation, common name, further names)
PARTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "apiserver": (
        "",
        "kube-apiserver",
        ("127.0.0.1", NODE_ADDRESS, API_ADDRESS, "localhost", "kubernetes", "kubernetes.default.svc"),
    ),
    "apiserver-kubelet": ("system:masters", "kube-apiserver-kubelet-client", ()),
    "admin": ("system:masters", "administrator", ()),
    "controller-manager": ("", "system:kube-controller-manager", ()),
    "scheduler": ("", "system:kube-scheduler", ()),
    "proxy": ("", "system:kube-proxy", ()),
    "kubelet": ("system:nodes", f"system:node:{NODE}", (NODE_ADDRESS, NODE)),
    "front-proxy": ("", "front-proxy-client", ()),
    "metrics": ("", "metrics-server", ("metrics-server.kube-system.svc", NODE_ADDRESS)),
}
WITH_KUBECONFIG = ("admin", "controller-manager", "scheduler", "proxy", "kubelet")


def ensure_certificates(cluster: Cluster) -> None:
    """Makes everything anew where there is nothing; a folder that is there stays as it is."""
    folder = cluster.pki
    if (folder / "admin.conf").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(key)
    _write(folder / "ca", key, authority)
    for name, (organisation, common_name, hosts) in PARTS.items():
        own = ec.generate_private_key(ec.SECP256R1())
        leaf = _leaf(authority, key, own.public_key(), subject=_name(common_name, organisation), hosts=hosts)
        _write(folder / name, own, leaf)
    accounts = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    write_file(folder / "accounts.key", _pem(accounts))
    public = accounts.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_file(folder / "accounts.pub", public, mode=PUBLIC)
    for name in WITH_KUBECONFIG:
        write_file(folder / f"{name}.conf", kubeconfig(folder, name))


def kubeconfig(folder: Path, name: str) -> str:
    """The kubeconfig of a part, which is JSON and so YAML too."""
    server = {"server": API_URL, "certificate-authority": str(folder / "ca.crt")}
    user = {"client-certificate": str(folder / f"{name}.crt"), "client-key": str(folder / f"{name}.key")}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": server}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": name}}],
        "current-context": "local",
    }
    return json.dumps(content, indent=1)


def _name(common_name: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=DAYS))
    )


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("altscore-local-cluster")
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=True, signs_data=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    *,
    subject: x509.Name,
    hosts: Sequence[str],
) -> x509.Certificate:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = _builder(subject, authority.subject, key)
    builder = builder.add_extension(key_usage(signs_certificates=False, signs_data=True), critical=True).add_extension(
        usage, critical=False
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    write_file(path.with_suffix(".key"), _pem(key))
    write_file(path.with_suffix(".crt"), certificate.public_bytes(serialization.Encoding.PEM), mode=PUBLIC)
