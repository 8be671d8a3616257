"""Who a certificate names: only a client's own, with a single name, from the authority of that name space."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from altscore_libs.tls import Peer, peer_of_certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = dt.datetime.now(dt.UTC)
SERVICE, DISTRIBUTOR = "spiffe://altscore/admin", "spiffe://altscore/distributor/dist_a"
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
FOR_CODE, FOR_ANY = ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    rest = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=signs_certificates, **rest)


@dataclass(frozen=True)
class Authority:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    def certificate_of(
        self,
        uris: tuple[str, ...],
        *,
        usages: tuple[x509.ObjectIdentifier, ...] = (CLIENT,),
        is_authority: bool | None = False,
        signs_certificates: bool | None = False,
        dns: tuple[str, ...] = (),
        signed_by: Any = None,
    ) -> bytes:
        """A certificate as somebody with the key of this authority may make it."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVICE)])
        builder = _builder(subject, self.certificate.subject, key)
        names = [*map(x509.UniformResourceIdentifier, uris), *map(x509.DNSName, dns)]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if is_authority is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        if signs_certificates is not None:
            builder = builder.add_extension(key_usage(signs_certificates=signs_certificates), critical=True)
        return builder.sign(signed_by or self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(minutes=1))
        .not_valid_after(NOW + dt.timedelta(days=1))
    )


SERVICES, CONNECTORS, FOREIGN = Authority.new("services"), Authority.new("connectors"), Authority.new("services")

OURS = SERVICES.certificate_of((SERVICE,))


def peer_of(der: bytes) -> Peer:
    return peer_of_certificate(der, services=[SERVICES.certificate], connectors=[CONNECTORS.certificate])


def is_nobody(der: bytes) -> bool:
    return peer_of(der)[:2] == (None, None)


def test_each_authority_names_its_own() -> None:
    assert peer_of(SERVICES.certificate_of((SERVICE,)))[:2] == ("admin", None)
    assert peer_of(CONNECTORS.certificate_of((DISTRIBUTOR,)))[:2] == (None, "dist_a")


def test_a_renewed_authority_counts_beside_the_one_before() -> None:
    before = Authority.new("services")
    both = [SERVICES.certificate, before.certificate]
    for authority in (SERVICES, before):
        assert peer_of_certificate(authority.certificate_of((SERVICE,)), services=both).service == "admin"


@pytest.mark.parametrize("name", ["admin", "vault", "score", "distributor", "distributor/", "anything/else"])
def test_the_connectors_authority_never_names_a_service(name: str) -> None:
    assert is_nobody(CONNECTORS.certificate_of((f"spiffe://altscore/{name}",)))


def test_the_services_authority_never_names_a_distributor() -> None:
    assert is_nobody(SERVICES.certificate_of((DISTRIBUTOR,)))


FORGED = {
    "signed by nobody we know, under the name of our authority": FOREIGN.certificate_of((SERVICE,)),
    "signed by another key than the authority's": SERVICES.certificate_of((SERVICE,), signed_by=FOREIGN.key),
    "an authority itself": SERVICES.certificate_of((SERVICE,), is_authority=True),
    "whose key signs certificates": SERVICES.certificate_of((SERVICE,), signs_certificates=True),
    "made for servers": SERVICES.certificate_of((SERVICE,), usages=(SERVER,)),
    "made for code": SERVICES.certificate_of((SERVICE,), usages=(FOR_CODE,)),
    "made for anything": SERVICES.certificate_of((SERVICE,), usages=(FOR_ANY,)),
    "made for nothing that it says": SERVICES.certificate_of((SERVICE,), usages=()),
    "without a name": SERVICES.certificate_of(()),
    "with its name as DNS": SERVICES.certificate_of((), dns=("admin",)),
    "with two names": SERVICES.certificate_of((SERVICE, "spiffe://altscore/vault")),
    "with a service's and a distributor's": CONNECTORS.certificate_of((DISTRIBUTOR, SERVICE)),
    "of another domain": SERVICES.certificate_of(("spiffe://altscore.evil/admin",)),
    "of our domain in capitals": SERVICES.certificate_of(("SPIFFE://altscore/admin",)),
    "of nothing": SERVICES.certificate_of(("spiffe://altscore/distributor/",)),
}


@pytest.mark.parametrize("der", FORGED.values(), ids=FORGED)
def test_a_certificate_names_nobody(der: bytes) -> None:
    assert is_nobody(der)


@pytest.mark.parametrize("extension", ["is_authority", "signs_certificates"])
def test_what_rfc_5280_lets_be_absent_may_be_absent(extension: str) -> None:
    absent: dict[str, Any] = {extension: None}
    assert peer_of(SERVICES.certificate_of((SERVICE,), **absent)).service == "admin"


@settings(deadline=None, max_examples=60)
@given(
    authority=st.sampled_from([SERVICES, CONNECTORS, FOREIGN]),
    uris=st.lists(st.sampled_from([SERVICE, DISTRIBUTOR, "spiffe://other/admin"]), max_size=2).map(tuple),
    usages=st.lists(st.sampled_from([CLIENT, SERVER, FOR_CODE]), max_size=2, unique=True).map(tuple),
    is_authority=st.sampled_from([None, False, True]),
    signs_certificates=st.sampled_from([None, False, True]),
)
def test_a_name_counts_exactly_when_everything_is_right(
    authority: Authority,
    uris: tuple[str, ...],
    usages: tuple[x509.ObjectIdentifier, ...],
    *,
    is_authority: bool | None,
    signs_certificates: bool | None,
) -> None:
    der = authority.certificate_of(
        uris, usages=usages, is_authority=is_authority, signs_certificates=signs_certificates
    )
    is_right = (authority, uris) in ((SERVICES, (SERVICE,)), (CONNECTORS, (DISTRIBUTOR,)))
    is_right = is_right and CLIENT in usages and not is_authority and not signs_certificates
    assert is_nobody(der) != is_right


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, len(OURS) - 1), change=st.integers(1, 255))
def test_a_changed_byte_names_nobody(place: int, change: int) -> None:
    der = bytearray(OURS)
    der[place] ^= change
    assert is_nobody(bytes(der))
