"""`python -m altscore_cluster prove | demo | down` (root): `make test-deploy`, `make demo TARGET=kubernetes`.

Brings up a cluster of one node, installs the chart with its stores, and proves what it promises. Prints a table with
seconds; the exit status is 0 when every step ran and held, 1 when one failed, 3 when one did not run.
"""

import argparse
import signal
import sys
from functools import partial

from altscore_cluster import (
    demo_proof,
    ground,
    housekeeping_proof,
    network_proof,
    portal_proof,
    release_proof,
    scaling_proof,
)
from altscore_cluster.api import ClusterError
from altscore_cluster.control import down, leftovers
from altscore_cluster.steps import Step, run_steps, table, verdict
from altscore_cluster.target import Target

GROUND = (
    ("images", "the engine has every image", ground.check_images),
    ("cluster", "a control plane and a node start", ground.start_cluster),
    ("node-images", "the node has every image", ground.load_images),
    ("stores", "PostgreSQL, Redis, Kafka, the registry and the object store serve", ground.start_stores),
    ("install", "helm installs the chart, every deployment is ready", ground.install_chart),
    ("lender", "a lender is onboarded and gets a score", ground.call_as_lender),
)
PROOFS = (
    ("rest", "Airflow, MLflow and the simulators serve", ground.start_the_rest),
    ("demo", "the main job holds with every check", demo_proof.run),
    ("portal", "an officer and an owner sign in at the portal", portal_proof.prove),
    ("housekeeping", "the nightly job removes old rows and keeps new ones", housekeeping_proof.prove),
    ("network", "whom the table names is reached, nobody else is", network_proof.prove),
    ("kill", "a pod of each kind is killed and comes back", release_proof.kill_each),
    ("upgrade", "an upgrade under 20 calls a second loses none", release_proof.upgrade),
    ("rollback", "neither does the way back", release_proof.rollback),
    ("no-drain", "without a drain calls are lost", release_proof.without_drain),
    ("broken", "a broken release does not take the old one down", release_proof.broken),
    ("scaling", "the autoscaler goes from one to three and back", scaling_proof.prove),
)

DEMO = ("rest", "demo")
# The simulators, and the witness, from which connections are tried.
NEEDS = {"demo": ("rest",), "portal": ("rest",), "network": ("rest",)}


def steps_of(target: Target, *, has_ground: bool) -> list[Step]:
    """The steps in order; without ground where the cluster is up already."""
    ground_steps = [] if has_ground else [Step(*row[:2], partial(row[2], target), is_ground=True) for row in GROUND]
    return [
        *ground_steps,
        *(Step(*row[:2], partial(row[2], target), needs=NEEDS.get(row[0], ())) for row in PROOFS),
    ]


def end(target: Target) -> str:
    """Ends the cluster; nothing of it is left.

    Raises:
        ClusterError: something is.
    """
    target.stop_in_network("enforcer")
    down(target.cluster)
    left = leftovers(target.cluster)
    if left:
        raise ClusterError(f"left over: {'; '.join(left)}")
    return "no process, no cgroup"


def main() -> int:
    """Runs the proofs."""
    parser = argparse.ArgumentParser(prog="altscore_cluster", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("prove", "demo", "down"), default="prove")
    parser.add_argument("--only", nargs="*", default=[], help="these proofs alone")
    parser.add_argument("--keep", action="store_true", help="the cluster stays up")
    parser.add_argument("--running", action="store_true", help="prove on the cluster that is up")
    options = parser.parse_args()
    # An ended proof ends what it started: the load is a process.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    target = Target()
    try:
        if options.command == "down":
            print(end(target))
            return 0
        steps = steps_of(target, has_ground=options.running)
        if options.command == "demo":
            steps = [step for step in steps if step.is_ground or step.name in DEMO]
        results = run_steps(steps, options.only)
        if options.command == "prove" and not options.keep:
            results += run_steps([Step("down", "nothing is left", partial(end, target))])
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    print(f"\n{table(results)}\n")
    return verdict(results)


if __name__ == "__main__":
    sys.exit(main())
