"""The keys that sign access tokens: which one signs, which are published, how the next one is made.

A file is `<label>.pem` or `<label>-<when it begins to sign>.pem` (`jwt-2-20261121T090000Z.pem`). The name carries the
instant, since the times of a file do not survive its being copied.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from altscore_libs.clock import Clock, SystemClock
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from prometheus_client import Gauge

from altscore_score.tokens.base64url import encode

ALGORITHM = "RS256"
LEAD = timedelta(hours=1)
OVERLAP = timedelta(weeks=2)
RELOAD_S = 10.0
KEY_BITS = 2048
_DATED = re.compile(r"(.+)-(\d{8}T\d{6}Z)")
_INSTANT = "%Y%m%dT%H%M%SZ"
_NUMBER = re.compile(r"jwt-(\d+)")
_log = logging.getLogger("altscore.score.keyring")
_published = Gauge("altscore_score_jwt_keys_published", "Keys that verify tokens now.")
_signs_from = Gauge("altscore_score_jwt_key_signs_from_seconds", "Unix time since which the key signs; 0 undated.")


class NextKeyExists(Exception):
    """A key that does not sign yet was made before; two at once would be one too many."""


@dataclass(frozen=True)
class Plan:
    """Names of keys (without `.pem`), oldest first."""

    signing: str
    published: tuple[str, ...]
    retired: tuple[str, ...]
    waiting: tuple[str, ...]


def plan(names: Iterable[str], now: datetime) -> Plan:
    """Which key signs and which are published.

    The newest key whose time has come signs; before any has, the oldest does. A newer key is published before it signs,
    so that whoever caches the key set knows it in time. An older one stays published for two weeks after its successor
    began; beside an undated successor for good, since nobody knows when that was.

    Args:
        names: of all keys, without `.pem`; at least one.
        now: an aware instant.

    Raises:
        ValueError: no name.

    Source: decision 18.
    """
    order = sorted(names, key=_age)
    if not order:
        raise ValueError("the folder of signing keys holds none")
    due = [place for place, name in enumerate(order) if (begins_at(name) or now) <= now]
    signing = due[-1] if due else 0
    retired = []
    for name, successor in pairwise(order[: signing + 1]):
        began_at = begins_at(successor)
        if began_at is not None and began_at + OVERLAP <= now:
            retired.append(name)
    published = tuple(name for name in order if name not in retired)
    return Plan(order[signing], published, tuple(retired), tuple(order[signing + 1 :]))


def begins_at(name: str) -> datetime | None:
    """When the key of that name begins to sign; None where the name has no date."""
    found = _DATED.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime.strptime(found.group(2), _INSTANT).replace(tzinfo=UTC)
    except ValueError:  # shaped like a date, and none
        return None


def _age(name: str) -> tuple[datetime, list[tuple[bool, int, str]]]:
    parts = re.split(r"(\d+)", name)
    natural = [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
    return begins_at(name) or datetime.min.replace(tzinfo=UTC), natural


class Rotation(NamedTuple):
    """What rotate() did."""

    name: str
    signs_from: datetime
    removed: tuple[str, ...]


def rotate(folder: Path, *, now: datetime, lead: timedelta) -> Rotation:
    """Makes the next key, published at once and signing after `lead`; removes keys that are published no more.

    Raises:
        NextKeyExists: one waits already.
    """
    names = [path.stem for path in folder.glob("*.pem")]
    standing = plan(names, now) if names else None
    if standing is not None and standing.waiting:
        raise NextKeyExists(f"{standing.waiting[0]} waits already")
    signs_from = (now + lead).astimezone(UTC).replace(microsecond=0)
    numbers = [int(found.group(1)) for name in names if (found := _NUMBER.match(name))]
    name = f"jwt-{max(numbers, default=0) + 1}-{signs_from.strftime(_INSTANT)}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    unfinished = folder / f".{name}.new"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / f"{name}.pem")
    removed = standing.retired if standing is not None else ()
    for one in removed:
        (folder / f"{one}.pem").unlink()
    return Rotation(name, signs_from, removed)


class _Key(NamedTuple):
    kid: str
    private: rsa.RSAPrivateKey
    public: rsa.RSAPublicKey


class KeyRing:
    """The keys of a folder, read again at most once in ten seconds, whatever is asked of it.

    Args:
        folder: PEM files of RSA private keys, at least 2,048 bits.
        clock: for whose turn it is.
        monotonic: seconds that only grow.

    Raises:
        ValueError: no key, or one that is not RSA or too short.
    """

    def __init__(
        self, folder: Path, *, clock: Clock | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._monotonic = monotonic
        self._read: dict[tuple[str, int], _Key] = {}
        self._load()

    def _load(self) -> None:
        self._read_at = self._monotonic()
        found = {(path.stem, path.stat().st_mtime_ns): path for path in self._folder.glob("*.pem")}
        planned = plan([stem for stem, _ in found], self._clock.now())
        self._read = {name: self._read.get(name) or _read_key(path) for name, path in found.items()}
        keys = {stem: key for (stem, _), key in self._read.items()}
        self._signing = keys[planned.signing]
        self._public = {keys[name].kid: keys[name].public for name in planned.published}
        began_at = begins_at(planned.signing)
        _published.set(len(self._public))
        _signs_from.set(began_at.timestamp() if began_at is not None else 0)

    def _keep_current(self) -> None:
        if self._monotonic() - self._read_at < RELOAD_S:
            return
        try:
            self._load()
        except (OSError, ValueError) as error:  # the keys read before stay good
            _log.error("the folder of signing keys cannot be read", extra={"reason": type(error).__name__})

    def signing(self) -> tuple[str, rsa.RSAPrivateKey]:
        """Id and key that sign now."""
        self._keep_current()
        return self._signing.kid, self._signing.private

    def find(self, kid: str) -> rsa.RSAPublicKey | None:
        """The published key of that id."""
        self._keep_current()
        return self._public.get(kid)

    def jwks(self) -> dict[str, Any]:
        """The public half, RFC 7517."""
        self._keep_current()
        return {"keys": [_jwk(kid, key) for kid, key in self._public.items()]}


def _read_key(path: Path) -> _Key:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise ValueError(f"{path.name} is not an RSA key of 2,048 bits")
    public = key.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _Key(f"{path.stem}-{hashlib.sha256(der).hexdigest()[:16]}", key, public)


def _jwk(kid: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    numbers = key.public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": ALGORITHM,
        "key_ops": ["verify"],
        "kid": kid,
        "n": encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": encode(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
    }
