"""Airflow: four processes on PostgreSQL with the LocalExecutor, its API on TLS, one random administrator."""

import base64
import json
import os
import ssl
import sys
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from altscore_local.environments import DUCKDB_EXTENSIONS, environment, python_of
from altscore_local.files import Stamp, hex_secret, secret, write_file
from altscore_local.java import find_java
from altscore_local.layout import Layout
from altscore_local.pki import java_truststore_options
from altscore_local.process import Process, StackError, Supervisor, age_s
from altscore_local.program import run_program
from altscore_local.services import Stores, prefixed, values_of, write_env_file
from altscore_local.settings_fields import fields_of
from altscore_local.tasks import Task
from altscore_local.toolchain import spark_jars

ADMIN = "admin"
KAFKA_CONNECTION = "altscore_kafka"
_GROUP = "pipeline-airflow"
KEEPER = Path(__file__).with_name("keeper.py")  # three of the four end when the database does
# name -> arguments. Logs are read from the shared folder, so nobody serves them over HTTP.
PARTS = {
    "airflow-api": ("api-server", "--workers", "1"),
    "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
    "airflow-dag-processor": ("dag-processor",),
    "airflow-triggerer": ("triggerer", "--skip-serve-logs"),
}
_HEALTH_KEYS = {
    "airflow-api": "metadatabase",
    "airflow-scheduler": "scheduler",
    "airflow-dag-processor": "dag_processor",
    "airflow-triggerer": "triggerer",
}


def _home(layout: Layout) -> Path:
    return layout.data / "airflow"


def _lineage(layout: Layout) -> Path:
    return _home(layout) / "openlineage.jsonl"


def _kafka_connection(stores: Stores) -> str:
    """librdkafka's settings of the watcher; the group lives in the connection, so it serves one watcher."""
    extra = stores.kafka.client_settings("pipeline") | {
        "group.id": _GROUP,
        "enable.auto.commit": "false",
        "auto.offset.reset": "earliest",
        "session.timeout.ms": "10000",
        "reconnect.backoff.ms": "1000",
        "reconnect.backoff.max.ms": "10000",
    }
    return json.dumps({"conn_type": "kafka", "extra": {key: str(value) for key, value in extra.items()}})


def _database(stores: Stores) -> str:
    return f"airflow:{stores.postgres.password('airflow')}@{stores.layout.address('postgres')}/airflow"


def database_url(stores: Stores) -> str:
    """Airflow's own database, with the file of the authority that signed its certificate."""
    authority = quote(str(stores.layout.pki / "ca.pem"))
    return f"postgresql+psycopg2://{_database(stores)}?sslmode=verify-full&sslrootcert={authority}"


def _settings(stores: Stores) -> dict[str, str]:
    layout = stores.layout
    authority = layout.pki / "ca.pem"
    fernet = base64.urlsafe_b64encode(bytes.fromhex(hex_secret(layout, "airflow-fernet"))).decode()
    sections: dict[str, dict[str, str]] = {
        "CORE": {
            "DAGS_FOLDER": str(layout.root / "pipelines" / "dags"),
            "LOAD_EXAMPLES": "False",
            "EXECUTOR": "LocalExecutor",
            "PARALLELISM": "4",
            "MAX_ACTIVE_RUNS_PER_DAG": "1",
            "FERNET_KEY": fernet,
            "EXECUTION_API_SERVER_URL": f"https://{layout.address('airflow')}/execution/",
            "SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(layout.run / "airflow" / "passwords.json"),
        },
        "DATABASE": {
            "SQL_ALCHEMY_CONN": database_url(stores),
            "SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{_database(stores)}?ssl=verify-full",
            "SQL_ALCHEMY_POOL_SIZE": "4",
        },
        "API": {
            "HOST": layout.listen_host,
            "PORT": str(layout.port("airflow")),
            "BASE_URL": f"https://{layout.address('airflow')}",
            "SSL_CERT": str(layout.pki / "airflow.fullchain.pem"),
            "SSL_KEY": str(layout.pki / "airflow.key"),
            "SSL_CA_FILE": str(authority),
            "CLIENT_USE_PUBLIC_CERTS": "False",
            "SECRET_KEY": hex_secret(layout, "airflow-secret-key"),
        },
        "API_AUTH": {"JWT_SECRET": hex_secret(layout, "airflow-jwt-secret")},
        "LOGGING": {
            "BASE_LOG_FOLDER": str(layout.logs / "airflow"),
            "LOGGING_LEVEL": "INFO",
            "TRIGGER_LOG_SERVER_PORT": str(layout.port("airflow-triggerer-logs")),
            "WORKER_LOG_SERVER_PORT": str(layout.port("airflow-worker-logs")),
        },
        "SCHEDULER": {"USE_JOB_SCHEDULE": "True", "CREATE_CRON_DATA_INTERVALS": "False"},
        "DAG_PROCESSOR": {"PARSING_PROCESSES": "1", "MIN_FILE_PROCESS_INTERVAL": "60"},
        "TRIGGERER": {"DEFAULT_CAPACITY": "50"},
        "OPENLINEAGE": {
            "TRANSPORT": json.dumps({"type": "file", "log_file_path": str(_lineage(layout)), "append": True}),
            "NAMESPACE": "altscore",
        },
        "USAGE_DATA_COLLECTION": {"ENABLED": "False"},
    }
    return {f"AIRFLOW__{part}__{key}": value for part, keys in sections.items() for key, value in keys.items()}


def pipeline_path(layout: Layout) -> dict[str, str]:
    """Where the lake's Python finds the pipeline's code."""
    return {"PYTHONPATH": f"{layout.root / 'pipelines'}:{layout.root / 'libs' / 'altscore_libs' / 'src'}"}


def pipeline_environment(stores: Stores) -> dict[str, str]:
    """What a job of the pipeline gets, in Airflow or started by hand."""
    layout = stores.layout
    plain = values_of(stores, "pipeline", fields_of("altscore_pipelines.settings", ("PipelineSettings",)).names)
    lake, java = environment(layout, "lake"), find_java(17, 21)
    env = prefixed("pipeline", plain) | {
        "PATH": f"{lake / 'bin'}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": str(_home(layout)),
        **pipeline_path(layout),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PIPELINE_PYTHON": str(python_of(layout, "lake")),
        "PIPELINE_LAKE_ROOT": "s3://altscore-lake",
        "PIPELINE_BRONZE_ROOT": "s3://altscore-bronze",
        "PIPELINE_WORK_DIR": str(layout.data / "pipeline-work"),
        "PIPELINE_ENGINE": os.environ.get("ENGINE", "duckdb"),
        "PIPELINE_DUCKDB_EXTENSIONS_DIR": str(lake / DUCKDB_EXTENSIONS),
        "PIPELINE_SPARK_JARS": ",".join(str(jar) for jar in sorted(spark_jars().glob("*.jar"))),
        "JAVA_TOOL_OPTIONS": java_truststore_options(layout),
        "PIPELINE_KAFKA_CONNECTION": KAFKA_CONNECTION,
    }
    return env | ({"JAVA_HOME": str(java.parents[1])} if java else {})


def airflow_environment(stores: Stores) -> dict[str, str]:
    """The environment of every Airflow process; its tasks inherit it."""
    layout = stores.layout
    own = {
        "AIRFLOW_HOME": str(_home(layout)),
        f"AIRFLOW_CONN_{KAFKA_CONNECTION.upper()}": _kafka_connection(stores),
        "PGSSLROOTCERT": str(layout.pki / "ca.pem"),  # asyncpg reads its authority here
    }
    return dict(sorted((pipeline_environment(stores) | _settings(stores) | own).items()))


def processes(stores: Stores) -> list[Process]:
    """The four processes."""
    layout = stores.layout
    program = environment(layout, "airflow") / "bin" / "airflow"
    if not program.exists():
        return []
    write_password(layout)
    _home(layout).mkdir(parents=True, exist_ok=True)
    (layout.data / "pipeline-work").mkdir(parents=True, exist_ok=True)
    env = airflow_environment(stores)
    write_env_file(layout, "airflow", env)
    write_program(layout)
    write_env_file(layout, "pipeline", pipeline_environment(stores))
    return [
        Process(
            name=name,
            group="airflow",
            argv=[sys.executable, str(KEEPER), str(program), *arguments],
            env=env,
            port=layout.port("airflow") if name == "airflow-api" else None,
            ready=partial(is_healthy, layout, name),
            cwd=_home(layout),
            ready_timeout_s=150.0,
            hung_after_s=60.0,  # its heartbeats count for 30 s
        )
        for name, arguments in PARTS.items()
    ]


def write_program(layout: Layout) -> None:
    """Tells the housekeeper where Airflow's program is."""
    write_file(layout.run / "airflow" / "program", str(environment(layout, "airflow") / "bin" / "airflow"))


def write_password(layout: Layout) -> None:
    """Writes the file of the administrator's password."""
    path = layout.run / "airflow" / "passwords.json"
    write_file(path, json.dumps({ADMIN: secret(layout, "airflow-admin")}))


def is_healthy(layout: Layout, name: str) -> bool:
    """Whether Airflow calls that process of its own healthy, by a heartbeat of the one that runs now.

    Airflow goes on to call a process healthy for a while after it died, and takes its successor for it.
    """
    context = ssl.create_default_context(cafile=str(layout.pki / "ca.pem"))
    url = f"https://{layout.address('airflow')}/api/v2/monitor/health"
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as response:  # our own URL
            answer = json.load(response)
    except (OSError, ValueError):
        return False
    key = _HEALTH_KEYS[name]
    part = answer.get(key, {})
    if part.get("status") != "healthy":
        return False
    heartbeat = part.get(f"latest_{key}_heartbeat")
    return name == "airflow-api" or (heartbeat is not None and is_of_running(layout, name, heartbeat))


def is_of_running(layout: Layout, name: str, heartbeat: str) -> bool:
    """Whether a heartbeat (ISO 8601, with its zone) is younger than the process of that name that runs now."""
    running = Supervisor(layout).find(name)
    if running is None:
        return False
    beaten_at = datetime.fromisoformat(heartbeat.replace("Z", "+00:00"))
    return beaten_at > datetime.now(UTC) - timedelta(seconds=age_s(running))


def _migrate(stores: Stores) -> str | None:
    layout = stores.layout
    folder = environment(layout, "airflow")
    cluster = (layout.data / "postgres.roles.stamp").read_text()
    stamp = Stamp(layout.data / "migrated.airflow.stamp", [cluster, folder.name])
    if stamp.is_current():
        return None
    _home(layout).mkdir(parents=True, exist_ok=True)
    run_program(
        [str(folder / "bin" / "airflow"), "db", "migrate"],
        failure="Airflow's migrations failed",
        env=airflow_environment(stores),
        cwd=_home(layout),
    )
    stamp.set()
    return "migrated"


def tasks(stores: Stores, start: Callable[[Process], str | None]) -> Sequence[Task]:
    """Steps of `up`."""
    parts = processes(stores)
    if not parts:
        raise StackError("Airflow's environment is missing: run `make setup`")
    steps = [Task("migrate airflow", partial(_migrate, stores), ("databases",))]
    needs = ("migrate airflow", "topics", "schemas")
    return steps + [Task(part.name, partial(start, part), needs) for part in parts]


def describe(layout: Layout) -> dict[str, Any]:
    """For var/stack.json."""
    return {
        "url": f"https://{layout.address('airflow')}",
        "user": ADMIN,
        "password_file": str(layout.secrets / "airflow-admin"),
        "env_file": str(layout.env_files / "airflow.env"),
        "python": str(python_of(layout, "airflow")),
        "lake_python": str(python_of(layout, "lake")),
        "pipeline_env_file": str(layout.env_files / "pipeline.env"),
        "openlineage": str(_lineage(layout)),
    }
