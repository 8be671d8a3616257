"""Signing and wrapping keys in SoftHSM2: a token folder, a PIN and a key set per owner; public keys exported as PEM."""

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pkcs11
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, TokenFlag
from pkcs11.exceptions import NoSuchKey, NoSuchToken
from pkcs11.util.ec import (
    decode_ec_private_key,
    decode_ec_public_key,
    encode_ec_public_key,
    encode_named_curve_parameters,
)
from pkcs11.util.rsa import decode_rsa_private_key, decode_rsa_public_key, encode_rsa_public_key

from altscore_local.files import PUBLIC, Stamp, secret, write_file
from altscore_local.layout import OUR_DATABASES, Layout
from altscore_local.program import run_program
from altscore_local.toolchain import softhsm_module


class KeySet(NamedTuple):
    """Labels of one token's keys."""

    signing: tuple[str, ...] = ()
    wrapping: tuple[str, ...] = ()
    keyed_hash: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    """RSA keys that sign access tokens. Only the first one is made here: `rotate-jwt-key` makes and ends the others."""
    authority: tuple[str, ...] = ()
    """P-256 keys of authorities: made with their certificate as `<label>.key`, which is no file once it is in here."""


AUTHORITY = "-ca"
"""Ends the name of the token with the key of an owner's authority; who opens the owner's other keys has not its PIN."""
EVENTS = "-events"
"""Ends the name of the token, and of its key, that an owner's relay signs events with; its PIN is the relay's alone."""
TOKENS: Mapping[str, KeySet] = {
    "consent": KeySet(signing=("consent-signing",), keyed_hash=("consent-seal",)),
    "score": KeySet(tokens=("jwt-1",)),
    "scoring": KeySet(signing=("score-seal",)),
    "audit": KeySet(signing=("audit-checkpoint",)),
    "admin": KeySet(signing=("promotion", "erasure-report")),
    "vault": KeySet(
        signing=("erasure-signing",),
        wrapping=("vault-kek",),
        keyed_hash=("subject-token", "gst-token", "phone-token"),
    ),
    "webhook": KeySet(wrapping=("webhook-kek",), keyed_hash=("wamid",)),
    "ingestion": KeySet(signing=("ingestion-manifests",), wrapping=("ingestion-kek",)),
    f"ingestion{AUTHORITY}": KeySet(authority=("connector-ca",)),
    **{f"{owner}{EVENTS}": KeySet(signing=(f"{owner}{EVENTS}",)) for owner in OUR_DATABASES if owner != "audit"},
}

TOKEN_KEY_BITS = 2048
_ENCODING, _PLAIN = serialization.Encoding.DER, serialization.NoEncryption()
_SECRECY = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_WRAPPING = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
_KEYED_HASH = MechanismFlag.SIGN | MechanismFlag.VERIFY
_SETTINGS = """\
directories.tokendir = {folder}
objectstore.backend = file
log.level = ERROR
slots.removable = false
"""
ACCESS_TOKENS, FORMER_TOKEN_KEYS = "jwt-*.pem", "jwt"
_SERIAL, _READ_WRITE, _SECURITY_OFFICER = 4, 2, 0


def token_conf(layout: Layout, token: str) -> Path:
    """The SOFTHSM2_CONF of a token's owner; it shows the tokens of that owner alone."""
    return layout.run / "softhsm" / f"{token_owner(token)}.conf"


def token_owner(token: str) -> str:
    """Whose token it is."""
    return token.removesuffix(EVENTS).removesuffix(AUTHORITY)


def token_folder(layout: Layout, token: str) -> Path:
    """Where the tokens of its owner are; a PIN opens one of them."""
    return layout.secrets / "softhsm" / token_owner(token)


def token_pin(layout: Layout, token: str) -> str:
    """User PIN of a token."""
    return secret(layout, f"pin-{token}", length=18)


def ensure_tokens(layout: Layout) -> None:
    """Makes tokens and keys that are missing. A key that exists is never touched."""
    for token, keys in TOKENS.items():
        folder, stamp_file = token_folder(layout, token), layout.secrets / "softhsm" / f"{token}.stamp"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = (
            f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
        )
        write_file(token_conf(layout, token), text)
        stamp = Stamp(stamp_file, [repr(keys), *_token_names(folder)])
        if stamp.is_current() and _is_published(layout, keys):
            continue
        _in_own_process(layout, token)
        Stamp(stamp_file, [repr(keys), *_token_names(folder)]).set()


def _is_published(layout: Layout, keys: KeySet) -> bool:
    public = layout.pki / "public"
    if not all((public / f"{label}.pem").exists() for label in keys.signing):
        return False
    if any((layout.pki / f"{label}.key").exists() for label in keys.authority):
        return False
    return not keys.tokens or (any(public.glob(ACCESS_TOKENS)) and not (layout.pki / FORMER_TOKEN_KEYS).exists())


def _token_names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _in_own_process(layout: Layout, token: str) -> None:
    """The library reads SOFTHSM2_CONF once per process, so each token is made by a process of its own."""
    env = {
        "PATH": "/usr/bin:/bin",
        "SOFTHSM2_CONF": str(token_conf(layout, token)),
        "ALTSCORE_TOKEN_PIN": token_pin(layout, token),
        "ALTSCORE_TOKEN_SO_PIN": secret(layout, f"so-pin-{token}", length=18),
        "PYTHONPATH": str(layout.assets),
    }
    command = [sys.executable, "-m", "altscore_local.softhsm", token, str(layout.pki)]
    run_program(command, failure=f"keys of token {token} could not be made", env=env)


def make_keys(token_label: str, pki: Path) -> None:
    """Initialises the token and makes its keys (run in the process that `ensure_tokens` starts).

    Args:
        token_label: one of TOKENS.
        pki: the folder with `public`, for the public halves, and with keys that are still files: those of access tokens
            and of the token's authority are taken in, and their files removed.
    """
    public_folder, former = pki / "public", pki / FORMER_TOKEN_KEYS
    pin, so_pin = os.environ["ALTSCORE_TOKEN_PIN"], os.environ["ALTSCORE_TOKEN_SO_PIN"]
    module = softhsm_module()
    library = pkcs11.lib(str(module))
    try:
        token = library.get_token(token_label=token_label)
    except NoSuchToken:
        free = next(slot for slot in library.get_slots() if TokenFlag.TOKEN_INITIALIZED not in slot.get_token().flags)
        _initialise(module, token_label, slot_id=free.slot_id, so_pin=so_pin, pin=pin)
        library.reinitialize()
        token = library.get_token(token_label=token_label)
    keys = TOKENS[token_label]
    with token.open(rw=True, user_pin=pin) as session:
        for label in keys.signing:
            write_file(public_folder / f"{label}.pem", _signing_key(session, label), mode=PUBLIC)
        for label in keys.wrapping:
            _secret_key(session, label, KeyType.AES, _WRAPPING)
        for label in keys.keyed_hash:
            _secret_key(session, label, KeyType.GENERIC_SECRET, _KEYED_HASH)
        for label in keys.authority:
            if (pki / f"{label}.key").exists():
                _take_in_authority(session, pki / f"{label}.key")
        if keys.tokens and former.exists():
            _take_in_token_keys(session, former, public_folder)
        if keys.tokens and not any(public_folder.glob(ACCESS_TOKENS)):
            _publish_token_keys(session, keys.tokens[0], public_folder)


def _take_in_authority(session: pkcs11.Session, path: Path) -> None:
    """In the place of a former authority's key, whose certificate is gone."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} holds no key of an elliptic curve")
    for former in list(session.get_objects({Attribute.LABEL: path.stem})):
        former.destroy()
    private = key.private_bytes(_ENCODING, serialization.PrivateFormat.TraditionalOpenSSL, _PLAIN)
    public = key.public_key().public_bytes(_ENCODING, serialization.PublicFormat.SubjectPublicKeyInfo)
    common = {Attribute.LABEL: path.stem, Attribute.ID: path.stem.encode(), Attribute.TOKEN: True}
    session.create_object(decode_ec_private_key(private) | common | _SECRECY | {Attribute.SIGN: True})
    session.create_object(decode_ec_public_key(public) | common | {Attribute.VERIFY: True})
    path.unlink()


def _take_in_token_keys(session: pkcs11.Session, former: Path, public_folder: Path) -> None:
    """Keeps the keys, so that the tokens they signed stay good; a key that was a file should be rotated soon."""
    for path in sorted(former.glob("*.pem")):
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path.name} holds no RSA key")
        public = key.public_key()
        common = {Attribute.LABEL: path.stem, Attribute.ID: path.stem.encode(), Attribute.TOKEN: True}
        if not list(session.get_objects({Attribute.LABEL: path.stem})):
            private = decode_rsa_private_key(
                key.private_bytes(_ENCODING, serialization.PrivateFormat.TraditionalOpenSSL, _PLAIN), MechanismFlag.SIGN
            )
            session.create_object(private | common | _SECRECY)
            pkcs1 = public.public_bytes(_ENCODING, serialization.PublicFormat.PKCS1)
            session.create_object(decode_rsa_public_key(pkcs1, MechanismFlag.VERIFY) | common)
        write_file(public_folder / path.name, _public_pem(public), mode=PUBLIC)
        path.unlink()
    former.rmdir()


def _publish_token_keys(session: pkcs11.Session, first: str, public_folder: Path) -> None:
    pairs = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: KeyType.RSA}
    if not list(session.get_objects(pairs)):
        session.generate_keypair(
            KeyType.RSA, TOKEN_KEY_BITS, label=first, id=first.encode(), store=True, capabilities=_KEYED_HASH
        )
    for key in session.get_objects(pairs):
        if not isinstance(key, pkcs11.PublicKey):
            raise TypeError("a public key of access tokens is none")
        pem = _public_pem(serialization.load_der_public_key(encode_rsa_public_key(key)))
        write_file(public_folder / f"{key.label}.pem", pem, mode=PUBLIC)


def _initialise(module: Path, label: str, *, slot_id: int, so_pin: str, pin: str) -> None:
    """C_InitToken and C_InitPIN through the library itself: its command line tool would show the PINs to `ps`."""
    library = ctypes.CDLL(str(module))
    slot, session = ctypes.c_ulong(slot_id), ctypes.c_ulong()
    so, user = so_pin.encode(), pin.encode()
    steps: list[tuple[str, tuple[object, ...]]] = [
        ("C_InitToken", (slot, so, ctypes.c_ulong(len(so)), label.encode().ljust(32))),
        ("C_OpenSession", (slot, ctypes.c_ulong(_SERIAL | _READ_WRITE), None, None, ctypes.byref(session))),
        ("C_Login", (session, ctypes.c_ulong(_SECURITY_OFFICER), so, ctypes.c_ulong(len(so)))),
        ("C_InitPIN", (session, user, ctypes.c_ulong(len(user)))),
        ("C_Logout", (session,)),
        ("C_CloseSession", (session,)),
    ]
    for name, arguments in steps:
        code = getattr(library, name)(*arguments)
        if code:
            raise RuntimeError(f"{name} answered {code:#x}")


def _signing_key(session: pkcs11.Session, label: str) -> bytes:
    """The public key as PEM; the pair is made when it is missing."""
    try:
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
    except NoSuchKey:
        curve = session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        public, _ = curve.generate_keypair(
            mechanism=Mechanism.EC_KEY_PAIR_GEN, store=True, label=label, id=label.encode()
        )
    if not isinstance(public, pkcs11.PublicKey):
        raise TypeError(f"{label} is no public key")
    return _public_pem(serialization.load_der_public_key(encode_ec_public_key(public)))


def _public_pem(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _secret_key(session: pkcs11.Session, label: str, key_type: KeyType, capabilities: MechanismFlag) -> None:
    """A 256-bit secret that never leaves the token."""
    try:
        session.get_key(object_class=ObjectClass.SECRET_KEY, label=label)
    except NoSuchKey:
        session.generate_key(key_type, 256, label=label, id=label.encode(), store=True, capabilities=capabilities)


if __name__ == "__main__":
    make_keys(sys.argv[1], Path(sys.argv[2]))
