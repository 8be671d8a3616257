"""Hourly deletion of what need not be kept."""

from altscore_libs.periodic import PeriodicWorker

from altscore_webhook.deliveries.service import DeliveryPurge

INTERVAL_S = 3600.0


def purge_worker(purge: DeliveryPurge) -> PeriodicWorker:
    """Deletes hourly."""

    async def step() -> None:
        await purge.purge()

    return PeriodicWorker("purge", step, interval_s=INTERVAL_S)
