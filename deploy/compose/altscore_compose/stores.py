"""The stores as `deploy/local` describes them, and what is made in each once it serves."""

import time
from collections.abc import Callable

from altscore_local.process import StackError
from altscore_local.services import Stores

READY_TIMEOUT_S = 90.0
POLL_S = 0.3


def make_databases(stores: Stores) -> None:
    """Roles and databases."""
    _wait("PostgreSQL", stores.postgres.is_ready)
    stores.postgres.bootstrap()


def make_access(stores: Stores) -> None:
    """Buckets and their users, topics and their rights, schemas."""
    for name, store in (("the object store", stores.s3), ("Kafka", stores.kafka), ("the registry", stores.registry)):
        _wait(name, store.is_ready)
        store.bootstrap()


def _wait(name: str, is_ready: Callable[[], bool]) -> None:
    """Raises StackError when a store does not serve in time."""
    end = time.monotonic() + READY_TIMEOUT_S
    while not is_ready():
        if time.monotonic() > end:
            raise StackError(f"{name} does not serve within {READY_TIMEOUT_S:.0f} s")
        time.sleep(POLL_S)
