"""Runs in the API's process, which has the calls: follows notices, asks the vault, collects what stores report."""

from dataclasses import dataclass

from prometheus_client import Gauge

from altscore_admin.erasures.service import ErasureService

INTERVAL_S = 15.0
_stuck = Gauge("altscore_admin_erasures_stuck", "Erasures that could not go on in the last turn; they are tried again.")


@dataclass(frozen=True)
class ErasureProgress:
    """Takes running erasures as far as they go."""

    erasures: ErasureService

    async def step(self) -> None:
        """One turn of the worker."""
        _stuck.set(await self.erasures.advance())
