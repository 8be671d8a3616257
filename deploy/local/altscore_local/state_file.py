"""var/stack.json: what the demo, the tests and a person need to reach the running stack. Standard library only."""

import json
from pathlib import Path
from typing import Any

from altscore_local.layout import PORTS, Layout, open_layout


def load_stack(layout: Layout | None = None) -> dict[str, Any]:
    """The description that `up` wrote.

    Raises:
        SystemExit: the stack was never started in this clone.
    """
    path = (layout or open_layout()).var / "stack.json"
    if not path.exists():
        raise SystemExit("the stack was never started here: run `make up`")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def ports_of(layout: Layout) -> dict[str, int]:
    """Every named port of this clone."""
    return {name: layout.port(name) for name in PORTS}


def read_secret(stack: dict[str, Any], name: str) -> str:
    """A secret of the stack by its file name."""
    return (Path(stack["paths"]["secrets"]) / name).read_text().strip()
