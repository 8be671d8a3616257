"""Signed checkpoints against our own list of public keys; needs nothing but the keys."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from altscore_audit_verifier.report import CannotVerify

Keys = Mapping[str, ec.EllipticCurvePublicKey]
LABEL = "audit-checkpoint"
_HALF = 32
_HASH = 32


class Checkpoint(NamedTuple):
    """A checkpoint as it was read; `source` is `table`, `bucket` or `bundle`."""

    source: str
    chain: str
    seq: int
    document: str
    signature: str


class Claim(NamedTuple):
    """What a valid checkpoint says; of version 1 it says nothing about a tree."""

    seq: int
    entry_hash: bytes
    root_hash: bytes | None


def key_id_of(label: str, key: ec.EllipticCurvePublicKey) -> str:
    """How documents name a key: its label and the beginning of its digest."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"{label}-{hashlib.sha256(der).hexdigest()[:16]}"


def load_keys(paths: Iterable[Path]) -> dict[str, ec.EllipticCurvePublicKey]:
    """Public keys by id; a path is a PEM file `<label>.pem`, a folder of them, or what the lenders' API publishes.

    Raises:
        CannotVerify: no P-256 key among them.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.pem")) if path.is_dir() else [path])]
    keys = {}
    for name, pem in [named for file in files for named in _pems(file)]:
        try:
            key = serialization.load_pem_public_key(pem)
        except ValueError as error:
            raise CannotVerify(f"public key {name}: {type(error).__name__}") from error
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            keys[key_id_of(name.split(".")[0], key)] = key
    if not keys:
        raise CannotVerify("no P-256 public key given")
    return keys


def _pems(file: Path) -> list[tuple[str, bytes]]:
    """Name and PEM of each key of a file."""
    try:
        text = file.read_bytes()
        if file.suffix != ".json":
            return [(file.name, text)]
        return [(str(item["name"]), str(item["pem"]).encode()) for item in json.loads(text)["keys"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CannotVerify(f"public key {file.name}: {type(error).__name__}") from error


def is_signed(text: str, signature: str, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether a signature (r || s in hex, over SHA-256) of a text is by that key."""
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        return False
    if len(raw) != 2 * _HALF:
        return False
    r, s = int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
    try:
        key.verify(encode_dss_signature(r, s), text.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def sign(text: str, key: ec.EllipticCurvePrivateKey) -> str:
    """r || s in hex over SHA-256 of a text."""
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return (r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")).hex()


def fault(checkpoint: Checkpoint, keys: Keys) -> str | None:
    """Why a checkpoint is not valid, None when it is: signed by a known key over its own place."""
    try:
        document = json.loads(checkpoint.document)
        claimed = (document["chain"], document["seq"])
        key = keys.get(str(document["key_id"]))
        _claim(document)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "not a checkpoint"
    if key is None:
        return "signed by a key that is not on the list"
    if str(document["key_id"]).rpartition("-")[0] != LABEL:
        return "signed by a key that signs something else"
    if not is_signed(checkpoint.document, checkpoint.signature, key):
        return "the signature does not hold"
    if claimed != (checkpoint.chain, checkpoint.seq):
        return "it is stored where another checkpoint belongs"
    return None


def claim_of(checkpoint: Checkpoint) -> Claim:
    """What a valid checkpoint says."""
    return _claim(json.loads(checkpoint.document))


def _claim(document: Any) -> Claim:
    """What a document says.

    Raises:
        ValueError: of an unknown version, or its tree has another size than its chain.
        KeyError: a member is not there.
        TypeError: a member is of another type.
    """
    seq, root_hash = document["seq"], None
    if type(seq) is not int or seq < 1 or document["version"] not in (1, 2):
        raise ValueError("no checkpoint that this verifier knows")
    if document["version"] == 2:
        if document["tree_size"] != seq:
            raise ValueError("the tree has another size than the chain")
        root_hash = _hash(document["root_hash"])
    return Claim(seq=seq, entry_hash=_hash(document["entry_hash"]), root_hash=root_hash)


def _hash(text: Any) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != _HASH:
        raise ValueError("not a hash")
    return raw
