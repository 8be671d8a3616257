"""Makes the next key that signs access tokens; a person runs it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import destroy_rsa_key, make_rsa_key, rsa_key_labels

from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.settings import RotateSettings
from altscore_score.tokens.domain import next_name, plan
from altscore_score.tokens.verifier import FILES, KEY_BITS

NAME = "score"


class NextKeyExists(Exception):
    """A key that does not sign yet was made before; two at once would be one too many."""


class Rotation(NamedTuple):
    """What rotate() did, and which keys are published no longer than until the rotation is on record."""

    name: str
    signs_from: datetime
    retired: tuple[str, ...]


async def rotate(settings: SignerSettings, *, now: datetime, lead: timedelta) -> Rotation:
    """Makes the next key in the key store, published at once and signing after `lead`.

    Raises:
        NextKeyExists: a key waits already.
        Unavailable: the key store does not answer, or takes no new keys.
    """
    published = [path.stem for path in settings.public_keys_dir.glob(FILES)]
    current = plan(published, now) if published else None
    if current is not None and current.waiting:
        raise NextKeyExists(f"{current.waiting[0]} waits already")
    signs_from = (now + lead).astimezone(UTC).replace(microsecond=0)
    # A key that was made and never published has its number for good.
    name = next_name({*published, *await rsa_key_labels(settings)}, signs_from)
    _publish(settings.public_keys_dir / f"{name}.pem", await make_rsa_key(settings, name, KEY_BITS))
    return Rotation(name, signs_from, current.retired if current is not None else ())


def _publish(target: Path, pem: bytes) -> None:
    fresh = target.with_suffix(".new")
    fresh.write_bytes(pem)
    fresh.chmod(0o644)
    fresh.rename(target)  # whole, or not at all


async def remove(settings: SignerSettings, name: str) -> None:
    """Ends a key: what it signed is refused within ten seconds, and it signs nothing more.

    Raises:
        Unavailable: the key store lets no key go; the key is published no more.
    """
    (settings.public_keys_dir / f"{name}.pem").unlink(missing_ok=True)
    await destroy_rsa_key(settings, name)


async def rotate_jwt_key(settings: RotateSettings) -> str:
    """Makes the next signing key, audits it and removes those that are published no more; says so as JSON.

    Raises:
        NextKeyExists: a key waits already.
        Unavailable: the key store does not answer, or the rotation could not be audited and the new key was taken back.
    """
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    try:
        catalog = SchemaCatalog.load(settings.schemas_dir)
        audit = AuditWriter(pool, Outbox(catalog, NAME, clock, mac_key=settings.outbox_key_bytes()))
        rotation = await rotate(settings, now=clock.now(), lead=timedelta(seconds=settings.jwt_key_lead_s))
        try:
            await audit.write(_entry(rotation), _nothing_else)
        except BaseException:
            await remove(settings, rotation.name)
            raise
        for name in rotation.retired:
            await remove(settings, name)
    finally:
        await pool.close()
    return json.dumps(
        {"made": rotation.name, "signs_from": rotation.signs_from.isoformat(), "removed": rotation.retired}
    )


async def _nothing_else(_: object) -> None:
    """Has the entry committed in a transaction of its own."""


def _entry(rotation: Rotation) -> AuditEntry:
    return AuditEntry(
        action="jwt_key_rotated",
        actor="operator",
        outcome="done",
        subject=rotation.name,
        details={"signs_from": rotation.signs_from.isoformat(), "removed": " ".join(rotation.retired)},
    )
