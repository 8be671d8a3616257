"""Certificates signed by an authority whose key is in the key store."""

import hashlib

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from altscore_libs.errors import Unavailable
from altscore_libs.signer.ports import Signer
from altscore_libs.signer.public_keys import COORDINATE_BYTES


async def sign_certificate(
    builder: x509.CertificateBuilder, authority: x509.Certificate, signer: Signer
) -> x509.Certificate:
    """The certificate that the builder describes, signed with ECDSA P-256 over SHA-256.

    `cryptography` signs with keys that it holds alone. So a key of no worth signs a draft, and the authority's
    signature over the same content takes the place of the draft's.

    Args:
        builder: complete, with the authority's subject as issuer.
        authority: whose key the signer has.
        signer: the key store's.

    Raises:
        Unavailable: the key store does not answer, or signs with another key than the authority's.
        ValueError: the builder is not complete, or names another issuer.
    """
    draft = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    signature = await signer.sign(hashlib.sha256(draft.tbs_certificate_bytes).digest())
    signed = Certificate.load(draft.public_bytes(Encoding.DER))
    signed["signature_value"] = _der(signature)
    certificate = x509.load_der_x509_certificate(signed.dump())
    try:
        certificate.verify_directly_issued_by(authority)
    except InvalidSignature as error:  # a ValueError: it names another issuer
        raise Unavailable("the key store signs with another key than the authority's") from error
    return certificate


def _der(signature: bytes) -> bytes:
    r, s = signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
