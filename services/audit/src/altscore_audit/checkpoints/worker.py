"""The worker that signs checkpoints as they become due."""

from altscore_libs.periodic import PeriodicWorker

from altscore_audit.checkpoints.service import CheckpointService

INTERVAL_S = 1.0
LONGEST_WAIT_S = 10.0  # after failures; a checkpoint is due within a minute


def checkpoint_worker(service: CheckpointService) -> PeriodicWorker:
    """Looks every second for chains that need a checkpoint."""

    async def step() -> None:
        await service.sign_due()

    return PeriodicWorker("checkpoints", step, interval_s=INTERVAL_S, longest_wait_s=LONGEST_WAIT_S)
