"""`python -m services.scoring.tests.runs.killed_worker`: a worker process that kills itself with SIGKILL.

Reads JSON from its first line of input: the database, the folder of the run, and at which of its calls of consent
service, key store and clock it ends. Says when it is ready, and works as soon as it reads a second line.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.testing import SCHEMAS, SoftwareSigner
from altscore_scoring.clients import Consent
from altscore_scoring.model.taxonomy import load_taxonomy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..worker_world import AT, Consenting, make_world


class Countdown:
    """The last call that the process makes."""

    def __init__(self, calls: int) -> None:
        self._calls = calls

    def count(self) -> None:
        """One call more."""
        self._calls -= 1
        if self._calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalConsents(Consenting):
    """Counts."""

    def __init__(self, countdown: Countdown, refused: Sequence[str]) -> None:
        super().__init__()
        self.refused = set(refused)
        self._countdown = countdown

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for each retailer."""
        self._countdown.count()
        return await super().check(retailer_ids)


class MortalSigner(SoftwareSigner):
    """Counts."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__("score-seal")
        self._countdown = countdown

    async def sign(self, message_digest: bytes) -> bytes:
        """The signature."""
        self._countdown.count()
        return await super().sign(message_digest)


class MortalClock(FixedClock):
    """Counts; it is also asked inside the transactions that write a chunk and end a run."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__(AT)
        self._countdown = countdown

    def now(self) -> datetime:
        """The instant."""
        self._countdown.count()
        return super().now()


def promoter_key(plan: Mapping[str, Any]) -> ec.EllipticCurvePrivateKey:
    """The key that the test's promotions are signed with."""
    key = serialization.load_pem_private_key(plan["promoter_pem"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


async def work(plan: Mapping[str, Any]) -> None:
    """Steps until there is nothing to do, if it lives that long."""
    countdown = Countdown(plan["calls"])
    async with await db.create_pool(plan["dsn"]) as pool:
        world = make_world(
            pool,
            Path(plan["folder"]),
            load_taxonomy(SCHEMAS),
            consents=MortalConsents(countdown, plan["refused"]),
            signer=MortalSigner(countdown),
            promoter=SoftwareSigner("promotion", promoter_key(plan)),
            clock=MortalClock(countdown),
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        while await world.worker.step():
            continue


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.stdin.readline())))
