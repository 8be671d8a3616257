"""Outbound calls: the consent service, which alone knows who may be scored."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

BULK_MAX = 5_000


class Consent(NamedTuple):
    """Whether any consent of a retailer stands, and the version of that answer."""

    is_granted: bool
    version: int | None


class Consents(Protocol):
    """Asks for many retailers at once."""

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for every retailer asked.

        Raises:
            Unavailable: no complete answer; nobody may be scored on it.
        """
        ...


class ConsentService:
    """`POST /internal/consents/check-bulk` of the consent service."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for every retailer asked, in calls of at most 5,000."""
        found: dict[str, Consent] = {}
        for start in range(0, len(retailer_ids), BULK_MAX):
            found |= await self._check_some(list(retailer_ids[start : start + BULK_MAX]))
        return found

    async def _check_some(self, retailer_ids: list[str]) -> dict[str, Consent]:
        body = {"retailer_ids": retailer_ids}
        try:
            answer = await self._client.call("POST", "/internal/consents/check-bulk", json=body, retry_safe=True)
            found = {one["retailer_id"]: Consent(one["consented"] is True, one["version"]) for one in answer["results"]}
        except RemoteError as error:
            raise Unavailable("the consent service refuses the check") from error
        except (KeyError, TypeError) as error:
            raise Unavailable("the consent service gave no usable answer") from error
        if not found.keys() >= set(retailer_ids):
            raise Unavailable("the consent service left retailers out")
        return found
