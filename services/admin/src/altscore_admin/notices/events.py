"""A notice is asked for in the transaction of what it tells; its text is notification's, in two languages."""

from datetime import datetime
from typing import Literal, NamedTuple

import asyncpg
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

NoticeKind = Literal["erasure_notice", "erasure_cancelled", "grievance_resolved"]
Language = Literal["hi", "en"]


class Notice(NamedTuple):
    """What a retailer is told: `reference` is what it is about, `outcome` a code that has a text in each language."""

    kind: NoticeKind
    retailer_id: str
    language: Language
    reference: str
    outcome: str | None = None


async def request_notice(outbox: Outbox, connection: asyncpg.Connection, notice: Notice, *, at: datetime) -> str:
    """Asks notification to send it; returns the notice's id."""
    notice_id = new_id("ntc")
    data = {**notice._asdict(), "notice_id": notice_id, "requested_at": at}
    await outbox.add(connection, "retailer.notice_requested", key=notice.retailer_id, data=data)
    return notice_id
