"""A lender's call and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from altscore_libs.errors import AltScoreError
from starlette.datastructures import Headers

from altscore_score.audit.domain import ExtraWrite
from altscore_score.idempotency.domain import NewReply
from altscore_score.limits.domain import Admission

Language = Literal["en", "hi"]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came, whatever framework took it."""

    headers: Headers
    body: bytes
    source: str
    request_id: str
    language: Language = "en"
    """The preferred of the two, by Accept-Language."""
    is_batch_item: bool = False
    """A batch tells of its items that found no quota in one audit entry of its own."""


class Actions(NamedTuple):
    """Audit actions of an endpoint: of a good reply, and of any other."""

    served: str
    refused: str
    counts_served: bool = True
    """False where the parts of a good reply are counted each by itself."""


class CallRecord(NamedTuple):
    """What is known of a call; its audit entry and the headers of its reply are made of it. No step changes one."""

    call: Call
    started_s: float
    lender_id: str | None = None
    retailer_id: str | None = None
    admission: Admission | None = None
    details: Mapping[str, str] = MappingProxyType({})
    is_duplicate: bool = False
    """An attempt at the call found that another with its X-Request-ID was first: now the stored reply is read."""

    def with_details(self, **details: str) -> "CallRecord":
        """The record that also says this."""
        return self._replace(details={**self.details, **details})


class NotedCall(NamedTuple):
    """A lender's call whose audit entry is durable; `code` of a refusal."""

    lender_id: str
    at: datetime
    code: str | None = None


class Served(NamedTuple):
    """A good reply."""

    record: CallRecord
    body: bytes
    outcome: str
    headers: Mapping[str, str] = MappingProxyType({})
    new_reply: NewReply | None = None
    """Stored for the call's X-Request-ID in the transaction of the audit entry."""


class Refused(NamedTuple):
    """A refusal; `extra_write` is committed with its audit entry."""

    record: CallRecord
    error: AltScoreError
    extra_write: ExtraWrite | None = None


Outcome = Served | Refused
