"""Which certificates an identity provider may sign with. Pure."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

MAX_CERTIFICATES = 2  # the present one and, during a change, the next
SMALLEST_RSA_BITS, LARGEST_RSA_BITS = 2_048, 8_192
CURVES = (ec.SECP256R1, ec.SECP384R1)
DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def signing_certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text, each once.

    Raises:
        ValueError: it holds a private key, no certificate, too many, or one whose key or digest is not of the list;
            the message quotes nothing of it.
    """
    if "PRIVATE KEY" in pem:
        raise ValueError("holds a private key; send certificates alone, and replace that key")
    try:
        certificates = tuple(dict.fromkeys(x509.load_pem_x509_certificates(pem.encode("ascii"))))
    except ValueError:
        raise ValueError("is no certificate in PEM") from None
    if len(certificates) > MAX_CERTIFICATES:
        raise ValueError(f"holds more than {MAX_CERTIFICATES} certificates")
    if not all(_is_usable(certificate) for certificate in certificates):
        raise ValueError("needs RSA of 2,048 to 8,192 bits or EC P-256 or P-384, with SHA-256 or better")
    return certificates


def normal_form(pem: str) -> str:
    """The certificates alone, without whatever stands around them."""
    return "".join(item.public_bytes(Encoding.PEM).decode() for item in signing_certificates(pem))


def fingerprints(pem: str) -> tuple[str, ...]:
    """SHA-256 of each certificate, hex, as its owner reads it at the identity provider."""
    return tuple(item.fingerprint(hashes.SHA256()).hex() for item in signing_certificates(pem))


def _is_usable(certificate: x509.Certificate) -> bool:
    try:
        key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return False
    if not isinstance(digest, DIGESTS):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return SMALLEST_RSA_BITS <= key.key_size <= LARGEST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)
