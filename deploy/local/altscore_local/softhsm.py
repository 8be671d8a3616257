"""Signing and wrapping keys in SoftHSM2: a token folder, a PIN and a key set per owner; public keys exported as PEM."""

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pkcs11
from cryptography.hazmat.primitives import serialization
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, TokenFlag
from pkcs11.exceptions import NoSuchKey, NoSuchToken
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from altscore_local.files import PUBLIC, Stamp, secret, write_file
from altscore_local.layout import OUR_DATABASES, Layout
from altscore_local.program import run_program
from altscore_local.toolchain import softhsm_module


class KeySet(NamedTuple):
    """Labels of one token's keys."""

    signing: tuple[str, ...] = ()
    wrapping: tuple[str, ...] = ()
    keyed_hash: tuple[str, ...] = ()


EVENTS = "-events"
"""Ends the name of the token, and of its key, that an owner's relay signs events with; its PIN is the relay's alone."""
TOKENS: Mapping[str, KeySet] = {
    "consent": KeySet(signing=("consent-signing",), keyed_hash=("consent-seal",)),
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
    **{f"{owner}{EVENTS}": KeySet(signing=(f"{owner}{EVENTS}",)) for owner in OUR_DATABASES if owner != "audit"},
}

_WRAPPING = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
_KEYED_HASH = MechanismFlag.SIGN | MechanismFlag.VERIFY
_SETTINGS = """\
directories.tokendir = {folder}
objectstore.backend = file
log.level = ERROR
slots.removable = false
"""
_SERIAL, _READ_WRITE, _SECURITY_OFFICER = 4, 2, 0


def token_conf(layout: Layout, token: str) -> Path:
    """The SOFTHSM2_CONF of a token's owner; it shows the tokens of that owner alone."""
    return layout.run / "softhsm" / f"{token_owner(token)}.conf"


def token_owner(token: str) -> str:
    """Whose token it is."""
    return token.removesuffix(EVENTS)


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
        missing_public = [label for label in keys.signing if not (layout.pki / "public" / f"{label}.pem").exists()]
        if stamp.is_current() and not missing_public:
            continue
        _in_own_process(layout, token)
        Stamp(stamp_file, [repr(keys), *_token_names(folder)]).set()


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
    command = [sys.executable, "-m", "altscore_local.softhsm", token, str(layout.pki / "public")]
    run_program(command, failure=f"keys of token {token} could not be made", env=env)


def make_keys(token_label: str, public_folder: Path) -> None:
    """Initialises the token and makes its keys (run in the process that `ensure_tokens` starts)."""
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
    key = serialization.load_der_public_key(encode_ec_public_key(public))
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _secret_key(session: pkcs11.Session, label: str, key_type: KeyType, capabilities: MechanismFlag) -> None:
    """A 256-bit secret that never leaves the token."""
    try:
        session.get_key(object_class=ObjectClass.SECRET_KEY, label=label)
    except NoSuchKey:
        session.generate_key(key_type, 256, label=label, id=label.encode(), store=True, capabilities=capabilities)


if __name__ == "__main__":
    make_keys(sys.argv[1], Path(sys.argv[2]))
