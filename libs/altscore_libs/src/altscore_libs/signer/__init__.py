"""Keys that never leave their token: signing, wrapping and keyed hashes behind two small ports."""

from altscore_libs.canonical_json import canonical_digest as digest
from altscore_libs.canonical_json import canonical_json as canonical
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
    "Pkcs11Signer",
    "Pkcs11Wrapper",
    "PublicKeys",
    "Signer",
    "canonical",
    "derive_key",
    "digest",
    "key_id_of",
    "make_signing_key",
    "open_signer",
    "open_wrapper",
    "signing_keys",
]
