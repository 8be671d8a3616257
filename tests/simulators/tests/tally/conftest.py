"""The simulator as a process of its own, with a small generated company."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from altscore_libs.testing_postgres import HANG_S
from simulators_ledger.behaviour import make_population
from simulators_ledger.identities import make_shops
from simulators_ledger.model import Ledger
from simulators_ledger.tally_company import to_tally_company
from simulators_ledger.trade import Habits, make_ledger
from simulators_tally.server import Tally, served

from .one_shop import Site

COMPANY = "Test & Sons Distributors"
GUID = "0b1f0f3e-8a60-4a0e-9d4f-1c2d3e4f5a6b"


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    shops = make_shops(3, 60)
    population = make_population(3, 60, as_of=date(2026, 11, 21), months=6, shops=shops)
    habits = Habits(on_account_ratio=0.6, terms_ratio=0.4, has_lines=True)
    return make_ledger(3, population, np.arange(60), distributor_id="dist_t", habits=habits)


@pytest.fixture(scope="session")
def tally(tmp_path_factory: pytest.TempPathFactory, ledger: Ledger) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("tally")
    to_tally_company(ledger, folder / "company.json", name=COMPANY, guid=GUID)
    command = [sys.executable, "-m", "simulators_tally", "--port", "0", "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip().rsplit(":", 1)[1]
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(timeout=HANG_S) == 0


@pytest.fixture(scope="session")
def open_tally() -> Iterator[tuple[str, Tally]]:
    """The simulator's own server in this process, so that a ledger can change between two questions."""
    with served() as site:
        yield site


@pytest.fixture
def site(open_tally: tuple[str, Tally]) -> Site:
    """A connector that knows nothing yet."""
    return Site(*open_tally)
