"""consent: who has an active consent now."""

from typing import NamedTuple

from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_pipelines.errors import ConsentUnsettled

PAGE = 5_000
_ATTEMPTS = 5
_CONFLICT = 409


class ConsentSnapshot(NamedTuple):
    """Version of the whole and the retailers, sorted."""

    version: int
    retailer_ids: tuple[str, ...]


async def read_snapshot(consent: ServiceClient) -> ConsentSnapshot:
    """All retailers with an active consent, at one version.

    Raises:
        ConsentUnsettled: consents kept changing between two pages.
        Unavailable: consent does not answer.
    """
    for _ in range(_ATTEMPTS):
        try:
            return await _read_once(consent)
        except RemoteError as error:
            if error.status != _CONFLICT:
                raise
    raise ConsentUnsettled(_ATTEMPTS)


async def _read_once(consent: ServiceClient) -> ConsentSnapshot:
    retailer_ids: list[str] = []
    after: str | None = ""
    version = 0
    while after is not None:
        params = {"limit": PAGE, **({"after": after} if after else {})}
        page = await consent.call("GET", "/internal/snapshot", params=params)
        if retailer_ids and page["version"] != version:
            raise RemoteError(_CONFLICT, "SNAPSHOT_CHANGED")
        version = int(page["version"])
        retailer_ids += [retailer["retailer_id"] for retailer in page["retailers"]]
        after = page.get("next")
    return ConsentSnapshot(version, tuple(sorted(retailer_ids)))
