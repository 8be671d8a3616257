"""`python -m simulators_oidc`: becomes the Node process, which finds its packages in NODE_PATH."""

import os
import shutil
import sys
from pathlib import Path


def main() -> None:
    """Replaces this process by the server.

    Raises:
        SystemExit: Node is not installed.
    """
    node = shutil.which("node")
    if node is None:
        raise SystemExit("`node` is not installed; it is needed for the simulated identity provider")
    os.execv(node, [node, str(Path(__file__).with_name("server.js")), *sys.argv[1:]])  # noqa: S606  # a fixed program


main()
