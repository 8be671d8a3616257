"""What a person runs beside the processes."""

import json
from datetime import timedelta

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import Catalogue
from altscore_libs.outbox import Outbox

from altscore_score.audit.service import AuditEntry, AuditWriter
from altscore_score.settings import RotateSettings
from altscore_score.tokens.keyring import Rotation, rotate

NAME = "score"


async def rotate_jwt_key(settings: RotateSettings) -> str:
    """Makes the next signing key and audits it; returns what was done as JSON.

    Raises:
        NextKeyExists: a key waits already.
        Unavailable: the rotation could not be audited, and the new key was taken back.
    """
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    try:
        audit_writer = AuditWriter(pool, Outbox(Catalogue.load(settings.schemas_dir), NAME, clock))
        made = rotate(settings.jwt_keys_dir, now=clock.now(), lead=timedelta(seconds=settings.jwt_key_lead_s))
        try:
            await audit_writer.write(_entry(made), _nothing_else)
        except BaseException:
            (settings.jwt_keys_dir / f"{made.name}.pem").unlink()
            raise
    finally:
        await pool.close()
    return json.dumps({"made": made.name, "signs_from": made.signs_from.isoformat(), "removed": made.removed})


async def _nothing_else(_: object) -> None:
    """Has the entry committed in a transaction of its own."""


def _entry(made: Rotation) -> AuditEntry:
    details = {"signs_from": made.signs_from.isoformat(), "removed": " ".join(made.removed)}
    return AuditEntry("jwt_key_rotated", "operator", "done", made.name, None, details)
