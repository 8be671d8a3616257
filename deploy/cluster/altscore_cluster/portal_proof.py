"""People of a lender and of a distributor sign in at the portal, against the cluster."""

import subprocess
import sys

from altscore_local.layout import ROOT

from altscore_cluster.api import ClusterError
from altscore_cluster.control import inside
from altscore_cluster.target import Target

TIMEOUT_S = 600


def prove(target: Target) -> str:
    """Runs the drill in the cluster's network; its own output goes to the terminal.

    Raises:
        ClusterError: a check did not hold.
    """
    command = [*inside(target.cluster), sys.executable, "-m", "demo.portal_drill", "--var", str(target.folder)]
    if subprocess.run(command, cwd=ROOT, check=False, timeout=TIMEOUT_S).returncode:
        raise ClusterError("somebody could not sign in, see above")
    return "an officer by OpenID Connect, an owner by two codes; who is not enrolled was refused"
