"""Keys that never leave their token: signing, wrapping and keyed hashes behind two small ports."""

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
from altscore_libs.signer.ports import KeyWrapper, Signer
from altscore_libs.signer.public_keys import COORDINATE_BYTES, PublicKeys, key_id_of

__all__ = [
    "COORDINATE_BYTES",
    "NONCE_BYTES",
    "TAG_BYTES",
    "KeyWrapper",
    "NotAuthentic",
    "Pkcs11Signer",
    "Pkcs11Wrapper",
    "PublicKeys",
    "Signer",
    "derive_key",
    "key_id_of",
    "make_signing_key",
    "open_signer",
    "open_wrapper",
    "read_signed",
    "signing_keys",
]
