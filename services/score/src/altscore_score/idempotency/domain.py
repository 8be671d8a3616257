"""What an X-Request-ID means: the key, the reply stored under it, and the signal that another call was first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, final
from uuid import UUID

VALID_FOR = timedelta(hours=24)


class IdempotencyKey(NamedTuple):
    """The X-Request-ID of a call, where it is a UUID, the digest of the call's body, and the mark's name in Redis."""

    request_id: UUID
    body_digest: bytes
    mark_name: str


class StoredReply(NamedTuple):
    """The reply that an X-Request-ID was answered with."""

    body_digest: bytes
    language: str
    body: bytes


class NewReply(NamedTuple):
    """A reply to store under its lender's signed context, in the transaction of its audit entry."""

    context: str
    request_id: UUID
    body_digest: bytes
    language: str
    body: bytes
    replied_at: datetime


@final
@dataclass(frozen=True, slots=True)
class DuplicateRequest:
    """Another call with the same X-Request-ID was answered first; nothing of this one was written."""


DUPLICATE_REQUEST = DuplicateRequest()
