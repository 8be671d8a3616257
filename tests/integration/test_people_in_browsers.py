"""What people do on the pages in a real browser, on the whole stack, and what became of it behind them."""

import shutil
import subprocess
import sys

import pytest

from demo.browser_journeys import BROWSER, LIMIT_S, WEB
from demo.context import Demo

from .conftest import ROOT, Stack


def absent() -> list[str]:
    """What a machine lacks for these tests."""
    needed = {
        "npx": shutil.which("npx"),
        "chromium": BROWSER.exists(),
        "pages": (WEB / "dist/admin/index.html").exists(),
    }
    return [name for name, is_there in needed.items() if not is_there]


@pytest.mark.skipif(absent() != [], reason=f"not on this machine: {', '.join(absent())}; `make setup` brings it")
def test_people_sign_in_decide_by_two_answer_invite_and_erase_on_the_pages(stack: Stack, demo: Demo) -> None:
    command = [sys.executable, "-m", "demo.browser_journeys", "--var", str(demo.var)]
    done = subprocess.run(
        command, cwd=ROOT, env=stack.environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
