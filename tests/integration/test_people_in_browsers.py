"""What people do on the pages in a real browser, on the whole stack, and what became of it behind them."""

import subprocess
import sys

import pytest
from altscore_local.pages import absent_for_browser_tests

from demo.browser_journeys import LIMIT_S, WEB
from demo.context import Demo

from .conftest import ROOT, Stack

ABSENT = absent_for_browser_tests(WEB)


@pytest.mark.skipif(ABSENT != [], reason=f"not on this machine: {', '.join(ABSENT)}; `make setup` brings it")
def test_people_sign_in_decide_by_two_answer_invite_and_erase_on_the_pages(stack: Stack, demo: Demo) -> None:
    command = [sys.executable, "-m", "demo.browser_journeys", "--var", str(demo.var)]
    done = subprocess.run(
        command, cwd=ROOT, env=stack.environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
