"""Settings of the node's parts, as texts of their own formats (JSON where YAML is read)."""

import json
from typing import Any

from altscore_cluster.plan import DNS_ADDRESS, DOMAIN, NODE_ADDRESS, PAUSE_IMAGE, PODS, Cluster
from altscore_cluster.programs import program

CONTAINERD_SOCKET = "/run/containerd.sock"


def pod_network() -> str:
    """One bridge for all pods; no address of theirs is hidden, so policies see who calls."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": "/run/cni-addresses",
            "ranges": [[{"subnet": PODS}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
    return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": plugins}, indent=1)


def containerd(cluster: Cluster) -> str:
    """Containerd's settings, version 3 of their format."""
    cri = '[plugins."io.containerd.cri.v1'
    return f"""version = 3
root = "{cluster.data}/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.nri.v1.nri",
]

[grpc]
  address = "{CONTAINERD_SOCKET}"

{cri}.images"]
  snapshotter = "overlayfs"

{cri}.images".pinned_images]
  sandbox = "{PAUSE_IMAGE}"

{cri}.runtime"]
  restrict_oom_score_adj = true

{cri}.runtime".cni]
  bin_dirs = ["{program("bridge").path.parent}"]
  conf_dir = "{cluster.settings}/cni"

{cri}.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

{cri}.runtime".containerd.runtimes.runc.options]
  BinaryName = "{program("runc").path}"
  SystemdCgroup = false
"""


def kubelet(cluster: Cluster) -> str:
    """The kubelet's settings."""
    content: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(cluster.pki / "ca.crt")},
            "webhook": {"enabled": True},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(cluster.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(cluster.pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDomain": DOMAIN,
        "clusterDNS": [DNS_ADDRESS],
        "resolvConf": str(cluster.settings / "resolv.conf"),
        "podLogsDir": str(cluster.logs / "pods"),
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
            "nodefs.inodesFree": "1%",
        },
        "enforceNodeAllocatable": [],
        "maxPods": 110,
        "serializeImagePulls": False,
    }
    return json.dumps(content, indent=1)


def coredns(cluster: Cluster) -> str:
    """Names of Services and nothing else: no query leaves the cluster."""
    return f"""{DOMAIN} 10.in-addr.arpa {{
 bind {NODE_ADDRESS}
 errors
 kubernetes {DOMAIN} 10.in-addr.arpa {{
  kubeconfig {cluster.kubeconfig}
  ttl 2
 }}
}}
"""


def resolver(namespace: str) -> str:
    """For what runs on the node and speaks to Services by name."""
    return f"nameserver {NODE_ADDRESS}\nsearch {namespace}.svc.{DOMAIN} svc.{DOMAIN} {DOMAIN}\noptions ndots:3\n"
