"""Where the cluster lies and which addresses it uses; in its own network nothing collides with the machine's."""

from dataclasses import dataclass
from pathlib import Path

from altscore_local.layout import ROOT

NODE = "node-1"
NODE_ADDRESS = "10.88.0.1"
PODS = "10.89.0.0/24"
SERVICES = "10.96.0.0/16"
API_ADDRESS, DNS_ADDRESS = "10.96.0.1", "10.96.0.10"
API_URL = "https://127.0.0.1:6443"
DOMAIN = "cluster.local"
NAMESPACE = "altscore"
REGION, ZONE = "ap-south-1", "ap-south-1a"
PAUSE_IMAGE = "docker.io/altscore-local/pause:1"
INSTANCE = "var-kubernetes"


@dataclass(frozen=True)
class Cluster:
    """Paths of the cluster of one clone.

    Args:
        folder: everything that the cluster writes.
    """

    folder: Path = ROOT / "var-cluster"

    @property
    def pki(self) -> Path:
        """Certificates and kubeconfig files of the cluster's own parts."""
        return self.folder / "pki"

    @property
    def logs(self) -> Path:
        """One log per part."""
        return self.folder / "logs"

    @property
    def run(self) -> Path:
        """Process ids and the mark that everything serves."""
        return self.folder / "run"

    @property
    def settings(self) -> Path:
        """Configuration files of the parts."""
        return self.folder / "settings"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's access."""
        return self.pki / "admin.conf"

    @property
    def ready_mark(self) -> Path:
        """Exists once every part serves."""
        return self.run / "ready"

    @property
    def witness(self) -> Path:
        """Key, log and memory of the audit chain's witness: apart from what every other pod may see."""
        return self.folder / "witness"

    @property
    def data(self) -> Path:
        """What etcd, containerd and the kubelet keep."""
        return self.folder / "data"
