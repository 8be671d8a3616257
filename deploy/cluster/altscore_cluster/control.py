"""Starts and ends the cluster: `python -m altscore_cluster.control up | down | status | exec COMMAND ...` (root).

Everything runs in network, mount, process, IPC, host name and cgroup namespaces of its own; nothing can leave them, and
killing process 1 ends all of it.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from altscore_cluster import cgroups
from altscore_cluster.api import Api, ClusterError
from altscore_cluster.certificates import ensure_certificates
from altscore_cluster.plan import Cluster
from altscore_cluster.programs import PROGRAMS, build, missing

UP_TIMEOUT_S = 300.0
DOWN_TIMEOUT_S = 60.0
NEEDED = ("unshare", "nsenter", "ip", "nft", "mount", "umount", "hostname")
_NAMESPACES = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--net")
_MORE_NAMESPACES = ("--ipc", "--uts", "--cgroup")


def node_pid(cluster: Cluster) -> int | None:
    """Process 1 of the cluster as the machine sees it; None when it does not run."""
    try:
        pid = int((cluster.run / "node.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if b"altscore_cluster.node" in command else None


def inside(cluster: Cluster) -> list[str]:
    """Words that bring a command into the cluster's network and its view of names.

    Raises:
        ClusterError: it is not up.
    """
    pid = node_pid(cluster)
    if pid is None:
        raise ClusterError("the cluster is not up")
    return ["nsenter", "--target", str(pid), "--net", "--mount", "--uts", "--wd=" + os.getcwd(), "--"]


def api(cluster: Cluster) -> Api:
    """Commands from the machine."""
    return Api(cluster, inside(cluster))


def ensure_ready(cluster: Cluster) -> None:
    """What must be there before a start.

    Raises:
        ClusterError: a program of the system is missing, or we are not root.
    """
    if os.geteuid() != 0:
        raise ClusterError("a cluster needs root: it makes namespaces, mounts and network cards")
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        raise ClusterError(f"not installed: {', '.join(absent)} (Debian: util-linux iproute2 nftables mount)")
    for entry in missing():
        print(f"  built {entry.name} {entry.version} in {build(entry):.0f} s", flush=True)
    ensure_certificates(cluster)


def up(cluster: Cluster) -> float:
    """Starts everything; returns the seconds it took.

    Raises:
        ClusterError: it is up already, or a part does not serve; the message ends with the log.
    """
    if node_pid(cluster) is not None:
        raise ClusterError("the cluster is up already")
    ensure_ready(cluster)
    for folder in (cluster.logs, cluster.run):
        folder.mkdir(parents=True, exist_ok=True)
    cluster.ready_mark.unlink(missing_ok=True)
    begin = time.monotonic()
    starter = subprocess.Popen(
        [sys.executable, "-m", "altscore_cluster.control", "enter", str(cluster.folder)],
        stdin=subprocess.DEVNULL,
        stdout=(cluster.logs / "node.log").open("ab"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    while not cluster.ready_mark.exists():
        _note_child(cluster, starter.pid)
        if starter.poll() is not None or time.monotonic() - begin > UP_TIMEOUT_S:
            tail = (cluster.logs / "node.log").read_text(errors="replace")[-2_000:]
            down(cluster)
            raise ClusterError(f"the cluster did not start\n{tail}")
        time.sleep(0.2)
    return time.monotonic() - begin


def _note_child(cluster: Cluster, parent: int) -> None:
    """Process 1 is the child that `unshare` forks; its number is known once it is there."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    if children.exists() and (words := children.read_text().split()):
        (cluster.run / "node.pid").write_text(words[0])


def enter(cluster: Cluster) -> None:
    """Becomes `unshare`, which starts process 1; runs in a process of its own, since it moves into the cgroups."""
    folders = cgroups.enter()
    (cluster.run / "cgroups").write_text("\n".join(map(str, folders)))
    command = ["unshare", *_NAMESPACES, *_MORE_NAMESPACES, sys.executable, "-m", "altscore_cluster.node"]
    os.execvp("unshare", [*command, str(cluster.folder)])  # noqa: S606


def down(cluster: Cluster) -> None:
    """Ends every process of the cluster and removes what it kept; logs stay.

    Raises:
        ClusterError: something is left.
    """
    pid = node_pid(cluster)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + DOWN_TIMEOUT_S
        while Path(f"/proc/{pid}").exists() and node_pid(cluster) is not None:
            if time.monotonic() > end:
                raise ClusterError(f"process {pid} of the cluster does not end")
            time.sleep(0.1)
    (cluster.run / "node.pid").unlink(missing_ok=True)
    cluster.ready_mark.unlink(missing_ok=True)
    noted = cluster.run / "cgroups"
    if noted.exists():
        left = cgroups.remove([Path(line) for line in noted.read_text().splitlines() if line])
        if left:
            raise ClusterError(f"cgroups are not empty: {', '.join(map(str, left))}")
        noted.unlink()
    shutil.rmtree(cluster.data, ignore_errors=True)


def leftovers(cluster: Cluster) -> list[str]:
    """Command lines of processes that run one of the cluster's programs for this clone."""
    commands = []
    programs = {str(entry.path) for entry in PROGRAMS}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        text = b" ".join(words).decode(errors="replace")
        if words and words[0].decode(errors="replace") in programs and str(cluster.folder) in text:
            commands.append(text[:120])
    return commands


def main() -> None:
    """Runs one command."""
    words = sys.argv[1:]
    cluster = Cluster(Path(words[1])) if words[:1] == ["enter"] else Cluster()
    try:
        if words == ["up"]:
            print(f"up in {up(cluster):.0f} s")
        elif words == ["down"]:
            down(cluster)
        elif words == ["status"]:
            print(api(cluster).kubectl("get", "nodes,pods", "--all-namespaces", "--output", "wide"))
        elif words[:1] == ["exec"] and len(words) > 1:
            env = os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}
            command = [*inside(cluster), *words[1:]]
            os.execvpe(command[0], command, env)  # noqa: S606
        elif words[:1] == ["enter"]:
            enter(cluster)
        else:
            raise SystemExit(__doc__)
    except ClusterError as error:
        raise SystemExit(f"cluster: {error}") from None


if __name__ == "__main__":
    main()
