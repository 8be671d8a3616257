"""The processes of the cluster in the order in which they start: command lines, nothing else."""

from altscore_cluster import settings
from altscore_cluster.plan import NODE, NODE_ADDRESS, PODS, REGION, SERVICES, ZONE, Cluster
from altscore_cluster.programs import program

ETCD_URL, PEER_URL = "http://127.0.0.1:2379", "http://127.0.0.1:2380"


def _options(name: str, options: dict[str, object]) -> list[str]:
    return [str(program(name).path), *(f"--{key}={value}" for key, value in options.items())]


def etcd(cluster: Cluster) -> list[str]:
    """The store; what is lost with the machine need not be written twice."""
    options = {
        "name": "one",
        "data-dir": cluster.data / "etcd",
        "unsafe-no-fsync": "true",
        "listen-client-urls": ETCD_URL,
        "advertise-client-urls": ETCD_URL,
        "listen-peer-urls": PEER_URL,
        "initial-advertise-peer-urls": PEER_URL,
        "initial-cluster": f"one={PEER_URL}",
        "logger": "zap",
        "log-level": "warn",
    }
    return _options("etcd", options)


def apiserver(cluster: Cluster) -> list[str]:
    """The API server: nobody is anonymous, Pod Security is enforced."""
    pki = cluster.pki
    options = {
        "etcd-servers": ETCD_URL,
        "bind-address": "0.0.0.0",  # noqa: S104  # of the cluster's own network, which has no way out
        "advertise-address": NODE_ADDRESS,
        "secure-port": 6443,
        "service-cluster-ip-range": SERVICES,
        "authorization-mode": "Node,RBAC",
        "anonymous-auth": "false",
        "enable-admission-plugins": "NodeRestriction,PodSecurity,ResourceQuota,LimitRanger",
        "client-ca-file": pki / "ca.crt",
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "kubelet-client-certificate": pki / "apiserver-kubelet.crt",
        "kubelet-client-key": pki / "apiserver-kubelet.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": pki / "accounts.pub",
        "service-account-signing-key-file": pki / "accounts.key",
        "proxy-client-cert-file": pki / "front-proxy.crt",
        "proxy-client-key-file": pki / "front-proxy.key",
        "requestheader-client-ca-file": pki / "ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "enable-aggregator-routing": "true",
    }
    return _options("kube-apiserver", options)


def controller_manager(cluster: Cluster) -> list[str]:
    """Controllers; the autoscaler decides within seconds, so that its proof takes minutes."""
    pki = cluster.pki
    options = {
        "kubeconfig": pki / "controller-manager.conf",
        "use-service-account-credentials": "true",
        "root-ca-file": pki / "ca.crt",
        "service-account-private-key-file": pki / "accounts.key",
        "cluster-signing-cert-file": pki / "ca.crt",
        "cluster-signing-key-file": pki / "ca.key",
        "allocate-node-cidrs": "false",
        "leader-elect": "false",
        "horizontal-pod-autoscaler-sync-period": "5s",
        "horizontal-pod-autoscaler-initial-readiness-delay": "10s",
        "horizontal-pod-autoscaler-cpu-initialization-period": "30s",
    }
    return _options("kube-controller-manager", options)


def scheduler(cluster: Cluster) -> list[str]:
    """The scheduler."""
    return _options("kube-scheduler", {"kubeconfig": cluster.pki / "scheduler.conf", "leader-elect": "false"})


def containerd(cluster: Cluster) -> list[str]:
    """What runs containers."""
    return [str(program("containerd").path), "--config", str(cluster.settings / "containerd.toml")]


def kubelet(cluster: Cluster) -> list[str]:
    """The node's agent. The labels are those by which the chart keeps pods in India."""
    labels = f"topology.kubernetes.io/region={REGION},topology.kubernetes.io/zone={ZONE}"
    options = {
        "config": cluster.settings / "kubelet.json",
        "kubeconfig": cluster.pki / "kubelet.conf",
        "hostname-override": NODE,
        "node-ip": NODE_ADDRESS,
        "node-labels": labels,
        "root-dir": cluster.data / "kubelet",
        "cert-dir": cluster.pki,
        "v": 1,
    }
    return _options("kubelet", options)


def proxy(cluster: Cluster) -> list[str]:
    """Addresses of Services."""
    options = {
        "kubeconfig": cluster.pki / "proxy.conf",
        "proxy-mode": "nftables",
        "cluster-cidr": PODS,
        "hostname-override": NODE,
        "conntrack-max-per-core": 0,
        "nodeport-addresses": f"{NODE_ADDRESS}/32",
    }
    return _options("kube-proxy", options)


def coredns(cluster: Cluster) -> list[str]:
    """Names of Services."""
    return [str(program("coredns").path), "-conf", str(cluster.settings / "Corefile")]


def metrics_server(cluster: Cluster) -> list[str]:
    """CPU and memory of pods, for the autoscaler."""
    pki = cluster.pki
    options = {
        "kubeconfig": cluster.kubeconfig,
        "authentication-kubeconfig": cluster.kubeconfig,
        "authorization-kubeconfig": cluster.kubeconfig,
        "secure-port": 4443,
        "bind-address": NODE_ADDRESS,
        "tls-cert-file": pki / "metrics.crt",
        "tls-private-key-file": pki / "metrics.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "metric-resolution": "10s",
        "kubelet-request-timeout": "5s",
    }
    return _options("metrics-server", options)


def write_settings(cluster: Cluster, namespace: str) -> None:
    """Writes the configuration files of the parts."""
    folder = cluster.settings
    (folder / "cni").mkdir(parents=True, exist_ok=True)
    (folder / "cni" / "10-pods.conflist").write_text(settings.pod_network())
    (folder / "containerd.toml").write_text(settings.containerd(cluster))
    (folder / "kubelet.json").write_text(settings.kubelet(cluster))
    (folder / "Corefile").write_text(settings.coredns(cluster))
    (folder / "resolv.conf").write_text(settings.resolver(namespace))
