"""Makes the next key that signs access tokens; a person runs it."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.settings import RotateSettings
from altscore_score.tokens.domain import next_name, plan
from altscore_score.tokens.verifier import KEY_BITS

NAME = "score"


class NextKeyExists(Exception):
    """A key that does not sign yet was made before; two at once would be one too many."""


class Rotation(NamedTuple):
    """What rotate() did."""

    name: str
    signs_from: datetime
    removed: tuple[str, ...]


def rotate(folder: Path, *, now: datetime, lead: timedelta) -> Rotation:
    """Makes the next key, published at once and signing after `lead`; removes keys that are published no more.

    Raises:
        NextKeyExists: a key waits already.
    """
    names = [path.stem for path in folder.glob("*.pem")]
    current = plan(names, now) if names else None
    if current is not None and current.waiting:
        raise NextKeyExists(f"{current.waiting[0]} waits already")
    signs_from = (now + lead).astimezone(UTC).replace(microsecond=0)
    name = next_name(names, signs_from)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    unfinished = folder / f".{name}.new"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / f"{name}.pem")
    removed = current.retired if current is not None else ()
    for old in removed:
        (folder / f"{old}.pem").unlink()
    return Rotation(name, signs_from, removed)


async def rotate_jwt_key(settings: RotateSettings) -> str:
    """Makes the next signing key and audits it; returns what was done as JSON.

    Raises:
        NextKeyExists: a key waits already.
        Unavailable: the rotation could not be audited, and the new key was taken back.
    """
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    try:
        catalog = SchemaCatalog.load(settings.schemas_dir)
        audit = AuditWriter(pool, Outbox(catalog, NAME, clock, mac_key=settings.outbox_key_bytes()))
        rotation = rotate(settings.jwt_keys_dir, now=clock.now(), lead=timedelta(seconds=settings.jwt_key_lead_s))
        try:
            await audit.write(_entry(rotation), _nothing_else)
        except BaseException:
            (settings.jwt_keys_dir / f"{rotation.name}.pem").unlink()
            raise
    finally:
        await pool.close()
    return json.dumps(
        {"made": rotation.name, "signs_from": rotation.signs_from.isoformat(), "removed": rotation.removed}
    )


async def _nothing_else(_: object) -> None:
    """Has the entry committed in a transaction of its own."""


def _entry(rotation: Rotation) -> AuditEntry:
    return AuditEntry(
        action="jwt_key_rotated",
        actor="operator",
        outcome="done",
        subject=rotation.name,
        details={"signs_from": rotation.signs_from.isoformat(), "removed": " ".join(rotation.removed)},
    )
