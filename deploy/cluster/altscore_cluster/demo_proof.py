"""The main job with every check, against the cluster."""

import json
import subprocess
import sys

from altscore_local.layout import ROOT

from altscore_cluster.api import ClusterError
from altscore_cluster.control import inside
from altscore_cluster.target import Target

TIMEOUT_S = 3_000


def run(target: Target, *options: str) -> str:
    """Runs the demo in the cluster's network; its own output goes to the terminal.

    Raises:
        ClusterError: a check did not hold.
    """
    command = [*inside(target.cluster), sys.executable, "-m", "demo", "--var", str(target.folder), *options]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        raise ClusterError("a check of the demo did not hold, see above")
    summary = json.loads((target.folder / "demo" / "summary.json").read_text(encoding="utf-8"))
    seconds = sum(summary["timings_s"].values())
    return f"{len(summary['timings_s'])} steps in {seconds:.0f} s, every check held"
