"""MLflow: the registry of models for people's eyes; services read PostgreSQL and the object store themselves."""

import ssl
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from altscore_local.environments import environment
from altscore_local.files import Stamp
from altscore_local.layout import Layout
from altscore_local.pki import ML_OPS, ML_OPS_CA
from altscore_local.process import Process, StackError
from altscore_local.program import run_program
from altscore_local.services import Stores, mlflow_store_uri, s3_environment, write_env_file
from altscore_local.tasks import Task

ARTIFACTS = "s3://altscore-models/mlflow"
MAKE_TABLES = (
    "import os; from mlflow.store.db.utils import create_sqlalchemy_engine, _initialize_tables;"
    "_initialize_tables(create_sqlalchemy_engine(os.environ['_MLFLOW_SERVER_FILE_STORE']))"
)


def server_environment(stores: Stores) -> dict[str, str]:
    """The whole environment of the server."""
    layout = stores.layout
    s3 = s3_environment(stores, "mlflow")
    home = layout.data / "mlflow"
    home.mkdir(parents=True, exist_ok=True)
    program = environment(layout, "mlflow") / "bin"
    return {
        "PATH": f"{program}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        # What `mlflow server` would hand to its worker; started without that parent, it needs half the time and memory.
        "_MLFLOW_SERVER_FILE_STORE": mlflow_store_uri(stores),
        "_MLFLOW_SERVER_REGISTRY_STORE": mlflow_store_uri(stores),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": ARTIFACTS,
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": ARTIFACTS,
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "false",  # nobody puts or deletes a model through this server
        "_MLFLOW_SGI_NAME": "uvicorn",
        "MLFLOW_S3_ENDPOINT_URL": s3["S3_ENDPOINT"],
        "AWS_ACCESS_KEY_ID": s3["S3_ACCESS_KEY"],
        "AWS_SECRET_ACCESS_KEY": s3["S3_SECRET_KEY"],
        "AWS_DEFAULT_REGION": s3["S3_REGION"],
        "AWS_CA_BUNDLE": s3["S3_CA_FILE"],
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def processes(stores: Stores) -> list[Process]:
    """The one server."""
    layout = stores.layout
    program = environment(layout, "mlflow") / "bin" / "uvicorn"
    if not program.exists():
        return []
    env = server_environment(stores)
    write_env_file(layout, "mlflow", env)
    port = layout.port("mlflow")
    argv = [str(program), "mlflow.server.fastapi_app:app", "--host", layout.listen_host, "--port", str(port)]
    argv += [*tls_arguments(layout), "--log-level", "warning"]
    return [
        Process(
            name="mlflow",
            group="mlflow",
            argv=argv,
            env=env,
            port=port,
            ready=partial(is_ready, layout),
            cwd=layout.data / "mlflow",
            ready_timeout_s=120.0,
        )
    ]


def tls_arguments(layout: Layout) -> list[str]:
    """uvicorn's: the server's certificate, and the one authority whose client certificates it takes."""
    files = {
        "--ssl-certfile": layout.pki / "mlflow.fullchain.pem",
        "--ssl-keyfile": layout.pki / "mlflow.key",
        "--ssl-ca-certs": layout.pki / f"{ML_OPS_CA}.pem",
    }
    named = [text for option, path in files.items() for text in (option, str(path))]
    return [*named, "--ssl-cert-reqs", str(int(ssl.CERT_REQUIRED))]


def client_context(layout: Layout) -> ssl.SSLContext:
    """As somebody of ML Ops connects."""
    context = ssl.create_default_context(cafile=str(layout.pki / "ca.pem"))
    context.load_cert_chain(layout.pki / f"{ML_OPS}.crt", layout.pki / f"{ML_OPS}.key")
    return context


def is_ready(layout: Layout) -> bool:
    """Whether it serves."""
    try:
        context = client_context(layout)
        url = f"https://{layout.address('mlflow')}/health"
        with urllib.request.urlopen(url, timeout=3, context=context) as response:  # our own URL
            return bool(response.status == 200)
    except OSError:
        return False


def _migrate(stores: Stores) -> str | None:
    """Makes the tables, so that services may use the store whether or not the server runs."""
    layout = stores.layout
    folder = environment(layout, "mlflow")
    cluster = (layout.data / "postgres.roles.stamp").read_text()
    stamp = Stamp(layout.data / "migrated.mlflow.stamp", [cluster, folder.name])
    if stamp.is_current():
        return None
    run_program(
        [str(folder / "bin" / "python"), "-c", MAKE_TABLES],
        failure="MLflow's tables could not be made",
        env=server_environment(stores),
    )
    stamp.set()
    return "migrated"


def tasks(stores: Stores, start: Callable[[Process], str | None]) -> Sequence[Task]:
    """Steps of `up`."""
    parts = processes(stores)
    if not parts:
        raise StackError("MLflow's environment is missing: run `make setup`")
    steps = [Task("migrate mlflow", partial(_migrate, stores), ("databases",))]
    return steps + [Task(part.name, partial(start, part), ("migrate mlflow", "buckets")) for part in parts]


def describe(stores: Stores) -> dict[str, Any]:
    """For var/stack.json."""
    return {
        "url": f"https://{stores.layout.address('mlflow')}",
        "tracking_uri": mlflow_store_uri(stores),
        "artifacts": ARTIFACTS,
    }
