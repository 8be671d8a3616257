"""The Secrets and ConfigMaps that the chart expects from somebody else, made from the secrets of this clone.

Nothing is listed here: which there are, and with which keys, is read from the rendered chart.
"""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from altscore_helm.chart import environment_of, pod_spec
from altscore_local.airflow import database_url
from altscore_local.operators import operators_file
from altscore_local.pki import issue_for_hosts
from altscore_local.services import Stores, migration_environment, values_of
from altscore_local.sign_in import files as operators_sign_in

from altscore_cluster.api import ClusterError, Manifest
from altscore_cluster.plan import DOMAIN, NAMESPACE

TRUST_FILE = "/etc/altscore/trust/ca.pem"
TOPICS_USER, AIRFLOW_USER = "topics", "airflow"


def value_of(stores: Stores, owner: str, key: str) -> str:
    """What a variable of an owner holds inside a pod.

    Raises:
        ClusterError: nobody knows.
    """
    if owner == TOPICS_USER:
        values = {"KAFKA_PASSWORD": stores.kafka.password(TOPICS_USER)}
    elif owner == AIRFLOW_USER:
        values = {"METADATA_DATABASE_URL": database_url(stores)}
    elif key == "OWNER_DATABASE_URL":
        migration = migration_environment(stores, owner)
        values = {key: migration[f"{owner.upper()}_{key}"]}
    else:
        values = values_of(stores, owner, [key])
    if key not in values:
        raise ClusterError(f"the chart asks for {owner}'s {key}, which the local stack does not know")
    return values[key].replace(quote(str(stores.layout.pki / "ca.pem")), TRUST_FILE)


def owner_of(document: Manifest) -> str:
    """Whose pod a manifest makes."""
    return str(document["metadata"]["labels"]["altscore.in/owner"])


def named_keys(documents: Iterable[Manifest]) -> dict[str, tuple[str, set[str]]]:
    """Name of each Secret whose keys are variables -> its owner and keys."""
    named: dict[str, tuple[str, set[str]]] = {}
    for document in documents:
        if pod_spec(document) is None:
            continue
        for value in environment_of(document).values():
            if isinstance(value, dict):
                _owner, keys = named.setdefault(value["secret"], (owner_of(document), set()))
                keys.add(value["key"])
    return named


def named_volumes(documents: Iterable[Manifest]) -> dict[str, tuple[str, str]]:
    """Name of each Secret that is mounted -> owner and name of the process."""
    named = {}
    for document in documents:
        spec = pod_spec(document)
        for volume in spec.get("volumes", []) if spec else []:
            if "secret" in volume:
                named[volume["secret"]["secretName"]] = (owner_of(document), document["metadata"]["name"])
    return named


def files_of(stores: Stores, folder: Path, secret: str, *, owner: str, process: str) -> Mapping[str, bytes]:
    """Content of a mounted Secret by file name; certificates are issued into `folder`.

    Raises:
        ClusterError: nobody knows what it holds.
    """
    pki = stores.layout.pki
    match secret.removeprefix(f"altscore-{owner}-"):
        case "grievances":
            return _folder(pki / "grievances")
        case "operators":
            return {"operators.json": operators_file(stores.layout).read_bytes()}
        case "saml":
            sign_in = operators_sign_in(stores.layout)
            names = {"idp.pem": "idp.crt", "sp.key": "sp.key", "sp.pem": "sp.crt"}
            return {name: (sign_in / source).read_bytes() for name, source in names.items()}
        case "sftp-host-key":
            return {"host_key": (pki / "sftp-host.key").read_bytes()}
        case "connector-ca":
            return {"tls.crt": (pki / "connector-ca.pem").read_bytes()}
    if secret != f"{process}-tls":
        raise ClusterError(f"the chart mounts a Secret {secret}, which nobody here makes")
    # The host of the layout too: whoever works on the node calls the process by that name.
    hosts = [f"{process}.{NAMESPACE}.svc", f"{process}.{NAMESPACE}.svc.{DOMAIN}", *stores.layout.hosts_of(owner)]
    issue_for_hosts(stores.layout, owner, folder=folder / process, hosts=hosts)
    return {
        "tls.crt": (folder / process / f"{owner}.crt").read_bytes(),
        "tls.key": (folder / process / f"{owner}.key").read_bytes(),
        "ca.crt": (pki / "ca.pem").read_bytes(),
    }


def _folder(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix == ".pem"}


def secret(name: str, content: Mapping[str, bytes]) -> Manifest:
    """A Secret of these files or keys."""
    data = {key: base64.b64encode(value).decode() for key, value in content.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(name), "data": data}


def _config_map(name: str, content: Mapping[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(name), "data": dict(content)}


def _metadata(name: str) -> dict[str, str]:
    return {"name": name, "namespace": NAMESPACE}


def all_of(documents: Iterable[Manifest], stores: Stores) -> list[Manifest]:
    """Everything that the rendered manifests name and do not hold."""
    documents = list(documents)
    pki = stores.layout.pki
    key_roots = operators_sign_in(stores.layout) / "roots" / "packed" / "maker.pem"
    documents_made = [
        _config_map("altscore-key-roots", {"packed.pem": key_roots.read_text()}),
        _config_map("altscore-trust", {"ca.pem": (pki / "ca.pem").read_text()}),
        _config_map(
            "altscore-public-keys", {path.name: path.read_text() for path in sorted((pki / "public").glob("*.pem"))}
        ),
    ]
    for name, (owner, keys) in sorted(named_keys(documents).items()):
        documents_made.append(secret(name, {key: value_of(stores, owner, key).encode() for key in sorted(keys)}))
    for name, (owner, process) in sorted(named_volumes(documents).items()):
        content = files_of(stores, stores.layout.var / "tls", name, owner=owner, process=process)
        documents_made.append(secret(name, content))
    return documents_made
