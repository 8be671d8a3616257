"""Images from the Docker engine into the node: one archive, so that layers which several images share go in once."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from altscore_cluster.api import Api, ClusterError
from altscore_cluster.fleet import IMAGES
from altscore_cluster.plan import PAUSE_IMAGE, Cluster
from altscore_cluster.programs import program
from altscore_cluster.settings import CONTAINERD_SOCKET

SAVE_TIMEOUT_S, IMPORT_TIMEOUT_S = 1_200, 1_200
_CTR = (str(program("ctr").path), "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io")
# Holds the namespaces of a pod and reaps what others leave behind.
_PAUSE = """\
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int number) { (void)number; _exit(0); }
static void reap(int number) { (void)number; while (waitpid(-1, NULL, WNOHANG) > 0) continue; }

int main(void) {
    struct sigaction leaving = {.sa_handler = leave}, reaping = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGTERM, &leaving, NULL);
    sigaction(SIGINT, &leaving, NULL);
    sigaction(SIGCHLD, &reaping, NULL);
    while (1) pause();
}
"""


def docker(*arguments: str, timeout_s: float = 120, stdin: bytes | None = None) -> str:
    """Output of docker.

    Raises:
        ClusterError: it failed, or no engine answers.
    """
    done = subprocess.run(["docker", *arguments], capture_output=True, input=stdin, check=False, timeout=timeout_s)
    if done.returncode:
        raise ClusterError(f"docker {arguments[0]}: {done.stderr.decode(errors='replace')[-800:]}")
    return done.stdout.decode()


def absent(images: Sequence[str] = IMAGES) -> list[str]:
    """Those that the engine does not have."""
    known = set(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    return [image for image in images if image not in known]


def make_pause() -> None:
    """Builds the image that every pod starts with."""
    short = PAUSE_IMAGE.removeprefix("docker.io/")
    if short not in absent([short]):
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "pause.c")
        source.write_text(_PAUSE)
        compiler = ["gcc", "-O2", "-static", "-s", "-o", f"{folder}/pause", str(source)]
        subprocess.run(compiler, check=True, timeout=120)
        tar = subprocess.run(["tar", "-C", folder, "-c", "pause"], check=True, capture_output=True, timeout=60).stdout
    docker("import", "--change", 'ENTRYPOINT ["/pause"]', "-", short, stdin=tar)


def tag_next(api: Api, tag: str, names: Sequence[str]) -> None:
    """The same images under another tag, in the node: a release that differs in its version alone.

    Raises:
        ClusterError: the node refuses.
    """
    for name in names:
        other = f"{name.rsplit(':', 1)[0]}:{tag}"
        done = api.run([*_CTR, "images", "tag", "--force", f"docker.io/{name}", f"docker.io/{other}"])
        if done.returncode:
            raise ClusterError(f"{other}: {done.stderr[-400:]}")


def load(cluster: Cluster, api: Api, images: Sequence[str]) -> int:
    """Brings images into the node; returns the megabytes of the archive.

    Raises:
        ClusterError: an image is not there, or the node does not take it.
    """
    archive = cluster.folder / "images.tar"
    try:
        docker("save", "--output", str(archive), *images, timeout_s=SAVE_TIMEOUT_S)
        megabytes = archive.stat().st_size // 1_000_000
        command = [
            str(program("ctr").path),
            "--address",
            CONTAINERD_SOCKET,
            "--namespace",
            "k8s.io",
            "images",
            "import",
        ]
        done = api.run([*command, "--local", str(archive)], timeout_s=IMPORT_TIMEOUT_S)
        if done.returncode:
            raise ClusterError(f"the node does not take the images: {done.stderr[-800:]}")
    finally:
        archive.unlink(missing_ok=True)
    return megabytes


def in_node(api: Api) -> set[str]:
    """Images that the node has."""
    names = api.run([*_CTR, "images", "ls", "--quiet"]).stdout.split()
    return {name.removeprefix("docker.io/") for name in names}


def sizes(images: Sequence[str]) -> dict[str, int]:
    """Megabytes of each image."""
    described = json.loads(docker("image", "inspect", *images))
    return {image: int(entry["Size"]) // 1_000_000 for image, entry in zip(images, described, strict=True)}
