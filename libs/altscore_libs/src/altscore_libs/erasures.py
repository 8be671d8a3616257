"""The vault's certificates of erasure, which travel with `retailer.erased`, and the handler of that event."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from altscore_libs.consumer import Handler, PoisonEvent, Received
from altscore_libs.instants import format_instant
from altscore_libs.signer import NotAuthentic, PublicKeys, read_signed

SCHEMA = "altscore.erasure-certificate.1"
KEY_LABEL = "erasure-signing"


class Erasure(NamedTuple):
    """An erasure as the vault certified it: every id of one shop, and the approved request."""

    retailer_ids: tuple[str, ...]
    request_id: str


def certified_erasure(data: Mapping[str, Any], keys: PublicKeys) -> Erasure:
    """The erasure behind a `retailer.erased` event.

    Args:
        data: fields of the event.
        keys: that are trusted.

    Raises:
        NotAuthentic: the vault did not sign it, or the event names others or another instant than the certificate does.
    """
    content = read_signed(data["certificate"], data["signature"], keys, schema=SCHEMA, key_label=KEY_LABEL)
    retailer_ids: list[str] = data["retailer_ids"]
    erased_at = format_instant(data["erased_at"], "microseconds")
    told = (retailer_ids, data["request_id"], erased_at)
    if (content.get("retailer_ids"), content.get("request_id"), content.get("erased_at")) != told:
        raise NotAuthentic("the event differs from its certificate")
    if data["retailer_id"] not in retailer_ids:
        raise NotAuthentic("the certificate is about others than the event")
    return Erasure(tuple(sorted(set(retailer_ids))), data["request_id"])


def erasure_handlers(
    keys: PublicKeys, apply: Callable[[asyncpg.Connection, Erasure, datetime], Awaitable[None]]
) -> Mapping[str, Handler]:
    """The handler of `retailer.erased`, by event name.

    Args:
        keys: that certificates are verified with; what is not certified is parked and changes nothing.
        apply: forgets the retailer and its aliases, in the consumer's transaction, with the instant of the erasure.
    """

    async def retailer_erased(connection: asyncpg.Connection, event: Received) -> None:
        try:
            erasure = certified_erasure(event.data, keys)
        except NotAuthentic as error:
            raise PoisonEvent(f"the erasure is not certified: {error}") from error
        await apply(connection, erasure, event.data["erased_at"])

    return {"retailer.erased": retailer_erased}
