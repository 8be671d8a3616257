"""vault: which ledgers belong to a retailer; asked for consented retailers only."""

from collections.abc import Mapping, Sequence
from typing import Any

from altscore_libs.http_client import ServiceClient

from altscore_pipelines.plan import Identity

PAGE = 5_000


async def read_identities(vault: ServiceClient, retailer_ids: Sequence[str]) -> list[Identity]:
    """All subject tokens of the retailers; ids that the vault does not know are left out.

    Raises:
        Unavailable: the vault does not answer.
    """
    identities: list[Identity] = []
    for start in range(0, len(retailer_ids), PAGE):
        some = list(retailer_ids[start : start + PAGE])
        answer = await vault.call("POST", "/internal/identities/map", json={"retailer_ids": some}, retry_safe=True)
        asked = set(some)
        # Nobody else enters Silver, whatever the vault answers.
        identities += [_identity(entry) for entry in answer["map"] if entry["retailer_id"] in asked]
    return sorted(identities)


def _identity(entry: Mapping[str, Any]) -> Identity:
    """A vault of an earlier version knows no state; what a later one says besides is not for the lake."""
    return Identity(
        subject_token=entry["subject_token"],
        retailer_id=entry["retailer_id"],
        gst_verified=entry["gst_verified"],
        gst_state=entry.get("gst_state"),
    )
