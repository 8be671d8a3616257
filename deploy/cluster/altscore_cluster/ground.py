"""The ground of every proof: images, the cluster, stores, the chart."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from altscore_compose.owners import give_folder
from altscore_helm.chart import callers, manifests, values_file
from altscore_local.audit_witness import NAME as WITNESS
from altscore_local.services import Stores

from altscore_cluster import fleet, images, secrets, stores
from altscore_cluster.api import ClusterError, Manifest, until
from altscore_cluster.control import up
from altscore_cluster.plan import NAMESPACE, PAUSE_IMAGE
from altscore_cluster.programs import program
from altscore_cluster.state import describe, provision
from altscore_cluster.stores import SUFFIX, Store
from altscore_cluster.target import Target

STORES_TIMEOUT_S = 420
SETTLE_S = 240
BUSY_PERCENT = 50.0
CPU_PRESSURE = Path("/proc/pressure/cpu")
CLAIMS = ("altscore-state", "altscore-softhsm", fleet.WITNESS_CLAIM)


def check_images(_: Target) -> str:
    """Every image is in the engine."""
    absent = images.absent()
    if absent:
        raise ClusterError(f"the engine lacks {', '.join(absent)}: `make images` and `make images-local` build them")
    images.make_pause()
    total = sum(images.sizes(fleet.IMAGES).values())
    return f"{len(fleet.IMAGES)} images, {total} MB with what they share"


def start_cluster(target: Target) -> str:
    """Control plane and node; what an earlier cluster of this clone stored is removed first.

    Secrets that are shown once, and much else of the main job, can be seen on empty stores alone.
    """
    seconds = up(target.cluster)  # refuses while the stores of another one may still write
    for folder in (target.layout.var, target.cluster.witness):
        shutil.rmtree(folder, ignore_errors=True)
    # Policies are enforced from the beginning, so everything after this runs under them.
    target.start_in_network("enforcer", "altscore_cluster.enforcer")
    versions = target.api.kubectl("version", "--output", "json")
    return f"up in {seconds:.0f} s, {'v1.36' if '1.36' in versions else 'another version'}"


def load_images(target: Target) -> str:
    """The node has them."""
    names = [*fleet.IMAGES, PAUSE_IMAGE.removeprefix("docker.io/")]
    megabytes = images.load(target.cluster, target.api, names)
    missing = set(names) - images.in_node(target.api)
    if missing:
        raise ClusterError(f"the node lacks {', '.join(sorted(missing))}")
    return f"{len(names)} images, {megabytes} MB in one archive"


def namespace() -> Manifest:
    """Pod Security `restricted` holds for everything in it, stores included."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "kubernetes.io/metadata.name": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def start_stores(target: Target) -> str:
    """Stores, what an administrator makes in them, then what needs that."""
    stores_ = provision(target.layout)
    describe(stores_)
    give_folder(WITNESS, target.cluster.witness)
    folders = (target.layout.var, target.layout.secrets / "softhsm", target.cluster.witness)
    volumes = [each for name, folder in zip(CLAIMS, folders, strict=True) for each in stores.volume(name, folder)]
    target.api.apply([namespace()])
    networks = yaml.safe_load(values_file("local").read_text(encoding="utf-8"))["networks"]
    witness = stores.policy_of(WITNESS, callers()[WITNESS], networks)
    target.api.apply([*volumes, stores.policy(), witness, *stores.aliases()])
    seconds = [_start(target, fleet.FIRST)]
    target.python("altscore_cluster.state")
    seconds.append(_start(target, fleet.THEN))
    return f"{len(fleet.FIRST)} stores after {seconds[0]:.0f} s, {len(fleet.THEN)} more after {seconds[1]:.0f} s"


def _start(target: Target, group: Sequence[Store]) -> float:
    """Starts stores and waits for them; returns seconds."""
    begin = time.monotonic()
    target.api.apply([each for store in group for each in (store.service(), store.deployment())])
    wait_for(target, group)
    return time.monotonic() - begin


def wait_for(target: Target, group: Sequence[Store]) -> None:
    """Until every store of the group serves.

    Raises:
        ClusterError: one does not; the message has what its pod says.
    """
    for store in group:
        name = f"deployment/{store.name}{SUFFIX}"
        try:
            target.api.kubectl(
                "rollout", "status", name, "--namespace", NAMESPACE, f"--timeout={STORES_TIMEOUT_S}s",
                timeout_s=STORES_TIMEOUT_S + 30,
            )  # fmt: skip
        except ClusterError as error:
            raise ClusterError(f"{error}\n{log_of(target, store)}") from error


def log_of(target: Target, store: Store) -> str:
    """The last lines of a store's log."""
    selector = f"altscore.in/store={store.name}"
    done = target.api.run(
        [
            str(program("kubectl").path),
            "logs",
            "--namespace",
            NAMESPACE,
            "--selector",
            selector,
            "--all-containers",
            "--tail=5",
        ]
    )
    return (done.stdout + done.stderr)[-800:]


def install_chart(target: Target) -> str:
    """The umbrella chart with the local values, its hooks first."""
    documents = secrets.all_of(manifests("local"), Stores.of(target.layout))
    target.api.apply(documents)
    begin = time.monotonic()
    target.must_upgrade()
    seconds = time.monotonic() - begin
    unready = target.unready()
    if unready:
        raise ClusterError(f"helm said that all is ready, but {', '.join(unready)} is not")
    jobs = [job for job in target.api.get("jobs", "--namespace", NAMESPACE)["items"] if is_hook(job)]
    done = sum(job["status"].get("succeeded", 0) for job in jobs)
    if done != len(jobs) or not jobs:
        raise ClusterError(f"{done} of {len(jobs)} jobs of the hooks succeeded")
    return f"{len(target.deployments())} deployments ready after {seconds:.0f} s, {done} jobs before them"


def is_hook(job: Manifest) -> bool:
    """Whether a job is a hook of the chart; a job of a schedule runs whenever its hour comes."""
    return "ownerReferences" not in job["metadata"]


def call_as_lender(target: Target) -> str:
    """A lender is onboarded, gets a token and a score."""
    return target.lender_call()


def start_the_rest(target: Target) -> str:
    """MLflow, Airflow, the simulators and the witness, which the main job needs and the chart does not."""
    seconds = _start(target, fleet.LAST)
    return f"{len(fleet.LAST)} more after {seconds:.0f} s; {settled()}"


def settled() -> str:
    """Waits, for SETTLE_S at most, while processes wait for the processors: Airflow's start goes on behind its health.

    What follows does not depend on it; a call with a limit of five seconds may fail on two busy processors.
    """
    try:
        seconds = until(
            lambda: waiting_percent(CPU_PRESSURE) < BUSY_PERCENT, "idle processors", timeout_s=SETTLE_S, every_s=3
        )
    except ClusterError:
        return f"the processors were still busy {SETTLE_S} s later"
    return f"the start was over {seconds:.0f} s later"


def waiting_percent(pressure: Path) -> float:
    """Share of the last ten seconds in which something waited for a processor, percent; 0 where the kernel tells not.

    Args:
        pressure: as /proc/pressure/cpu.
    """
    if not pressure.exists():
        return 0.0
    fields = dict(field.split("=") for field in pressure.read_text(encoding="utf-8").split()[1:5])
    return float(fields["avg10"])
