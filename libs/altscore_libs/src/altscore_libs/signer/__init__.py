"""Keys that never leave their token: signing, wrapping and keyed hashes behind three small ports."""

from altscore_libs.signer.certificates import sign_certificate
from altscore_libs.signer.documents import NotAuthentic, read_signed
from altscore_libs.signer.pkcs11 import (
    NONCE_BYTES,
    TAG_BYTES,
    Pkcs11Signer,
    Pkcs11Wrapper,
    derive_key,
    make_signing_key,
    open_signer,
    open_wrapper,
    signing_keys,
)
from altscore_libs.signer.ports import KeyWrapper, RsaSigner, SignatureVerifier, Signer
from altscore_libs.signer.public_keys import COORDINATE_BYTES, PublicKeys, is_signed, key_id_of
from altscore_libs.signer.rotation import KeyUnusable, newest_published, open_newest_signer, rotate_signing_key
from altscore_libs.signer.rsa_keys import (
    Pkcs11RsaSigner,
    destroy_rsa_key,
    make_rsa_key,
    rsa_key_labels,
)

__all__ = [
    "COORDINATE_BYTES",
    "NONCE_BYTES",
    "TAG_BYTES",
    "KeyUnusable",
    "KeyWrapper",
    "NotAuthentic",
    "Pkcs11RsaSigner",
    "Pkcs11Signer",
    "Pkcs11Wrapper",
    "PublicKeys",
    "RsaSigner",
    "SignatureVerifier",
    "Signer",
    "derive_key",
    "destroy_rsa_key",
    "is_signed",
    "key_id_of",
    "make_rsa_key",
    "make_signing_key",
    "newest_published",
    "open_newest_signer",
    "open_signer",
    "open_wrapper",
    "read_signed",
    "rotate_signing_key",
    "rsa_key_labels",
    "sign_certificate",
    "signing_keys",
]
