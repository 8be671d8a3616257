"""Keys, passwords and settings of the cluster's target, and what is made in the stores once they serve."""

import os
import subprocess
from pathlib import Path

from altscore_compose.owners import GID
from altscore_local.airflow import pipeline_environment
from altscore_local.description import write_stack_file
from altscore_local.kafka_access import Right, load_topics, users_of
from altscore_local.layout import HOST_VARIABLE, INSTANCE_VARIABLE, Layout, open_layout
from altscore_local.process import StackError
from altscore_local.services import TABLE, TOOLS, Stores, service_environment, tool_environment, write_env_file

from altscore_cluster.api import ClusterError
from altscore_cluster.fleet import image
from altscore_cluster.plan import DOMAIN, INSTANCE, NAMESPACE
from altscore_cluster.secrets import TOPICS_USER
from altscore_cluster.stores import OURS, STATE, SUFFIX

HOST_PATTERN = f"{{name}}{SUFFIX}.{NAMESPACE}.svc.{DOMAIN}"
PROVISION_TIMEOUT_S = 300
CHART_USER = 10_000
LIBRARY_FOLDER = "lib"
AIRFLOW_TOKENS = "pipeline"
# What the job of the topics may do: make and change topics, and give rights. In production the broker's administrator
# gives the same.
TOPICS_RIGHTS = {
    *(
        Right(user=TOPICS_USER, resource="BROKER", name="kafka-cluster", operation=operation)
        for operation in ("CREATE", "ALTER", "DESCRIBE", "ALTER_CONFIGS", "DESCRIBE_CONFIGS")
    ),
    *(
        Right(user=TOPICS_USER, resource="TOPIC", name="*", operation=operation)
        for operation in ("CREATE", "ALTER", "DESCRIBE", "ALTER_CONFIGS", "DESCRIBE_CONFIGS")
    ),
}


def layout_of_target() -> Layout:
    """Addresses as inside the cluster, files as in this clone; no port moves, since the network is its own."""
    return open_layout(environ={INSTANCE_VARIABLE: INSTANCE, HOST_VARIABLE: HOST_PATTERN})


def provision(layout: Layout) -> Stores:
    """Makes keys, certificates, passwords and settings with the image that does it for compose; what is there stays.

    Raises:
        ClusterError: the container failed.
    """
    for folder in (layout.var, layout.var / "demo" / "tally", layout.var / "demo" / "whatsapp"):
        folder.mkdir(parents=True, exist_ok=True)
    layout.var.chmod(0o711)  # who knows a file's name comes to it; whether they may read it, its own mode says
    command = ["docker", "run", "--rm", "--user", "0:0", "--network", "none", "--volume", f"{layout.var}:{STATE}"]
    command += ["--env", f"ALTSCORE_HOST_PATTERN={HOST_PATTERN}", "--env", "ALTSCORE_LISTEN_HOST=0.0.0.0"]
    done = subprocess.run(
        [*command, image(OURS, "tools"), "altscore_compose", "files"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PROVISION_TIMEOUT_S,
    )
    if done.returncode:
        raise ClusterError(f"files could not be made: {(done.stdout + done.stderr)[-1_500:]}")
    _give_keys(layout)
    return Stores.of(layout)


def _give_keys(layout: Layout) -> None:
    """Tokens for the user of the chart's pods, and the library beside them: the images have none.

    The pipeline's stay with its own user: its jobs run in Airflow's pod.
    """
    keys = layout.secrets / "softhsm"
    library = layout.run / "softhsm" / "libsofthsm2.so"
    target = keys / LIBRARY_FOLDER / library.name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(library.read_bytes())
    own = keys / AIRFLOW_TOKENS
    for path in (keys, *keys.rglob("*")):
        if path != own and own not in path.parents:
            os.chown(path, CHART_USER, GID)
    target.chmod(0o755)


def describe(stores: Stores) -> Path:
    """Writes what the demo reads: addresses, connection strings, and environments of what it starts itself."""
    layout = stores.layout
    written = write_stack_file(stores)
    for name in TOOLS:
        write_env_file(layout, name, tool_environment(stores, name))
    write_env_file(layout, "pipeline", pipeline_environment(stores))
    # The first security keys are invited by admin's own command; no pod reads this file.
    [admin] = [service for service in TABLE if service.name == "admin-api"]
    write_env_file(layout, admin.name, service_environment(stores, admin))
    return written


def make_access(stores: Stores) -> None:
    """Databases and their roles, buckets and their users, Kafka's users: what an administrator makes before the chart.

    Topics, their rights and the schemas are left to the chart's own job.

    Raises:
        ClusterError: a store refused.
    """
    users = users_of(load_topics(stores.layout.root / "schemas" / "topics.yml"))
    try:
        stores.postgres.bootstrap()
        stores.s3.bootstrap()
        stores.kafka.make_users([*users, TOPICS_USER], TOPICS_RIGHTS)
    except StackError as error:
        raise ClusterError(str(error)) from error


def main() -> None:
    """Run inside the cluster's network, where the addresses mean something."""
    make_access(Stores.of(layout_of_target()))


if __name__ == "__main__":
    main()
