"""What every use case of this service stands on, wired once in main()."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.hpke import HpkeDecryptor
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_admin.clients import Owners
from altscore_admin.operators import DevelopmentOperators


@dataclass(frozen=True)
class Desk:
    """The parts."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    owners: Owners
    signer: Signer
    operators: DevelopmentOperators
    box: HpkeDecryptor
