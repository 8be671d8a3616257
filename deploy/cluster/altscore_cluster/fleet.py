"""Which stores there are: the table that `stores` turns into manifests. Commands are those of docker-compose.yml."""

from collections.abc import Mapping

from altscore_local.audit_witness import NAME as WITNESS
from altscore_local.layout import PORTS
from altscore_local.oidc_provider import NAME as OIDC_PROVIDER
from altscore_local.sign_in import IDP, PROVIDER

from altscore_cluster.plan import DOMAIN, NAMESPACE
from altscore_cluster.stores import APART, ENV, OURS, STAND_IN, STATE, SUFFIX, Container, Store

TAG = "local"
SERVICES = ("score", "consent", "ingestion", "scoring", "notification", "webhook", "audit", "admin")


def image(family: str, name: str) -> str:
    """An image of `make images` or `make images-local`."""
    return f"{family}/{name}:{TAG}"


IMAGES = (
    *(image(OURS, name) for name in (*SERVICES, "witness", "pipelines", "mlflow", "tools")),
    *(image(STAND_IN, name) for name in ("postgres", "redis", "kafka", "registry", "s3")),
)
WITNESS_CLAIM, WITNESS_FOLDER = "altscore-witness", "/srv/altscore/witness"
_KAFKA = {
    "KAFKA_HEAP_OPTS": "-Xmx256m",
    "KAFKA_JVM_PERFORMANCE_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "KAFKA_LOG4J_OPTS": f"-Dlog4j2.disableJmx=true -Dlog4j2.configurationFile={STATE}/run/kafka/log4j2.properties",
    "LOG_DIR": "/tmp",  # noqa: S108  # of the container
}
_MLFLOW_TABLES = (
    "import os; from mlflow.store.db.utils import create_sqlalchemy_engine, _initialize_tables;"
    "_initialize_tables(create_sqlalchemy_engine(os.environ['_MLFLOW_SERVER_FILE_STORE']))"
)


def _postgres() -> Store:
    settings = {
        "config_file": f"{STATE}/run/postgres/postgresql.conf",
        "hba_file": f"{STATE}/run/postgres/pg_hba.conf",
        "ssl_cert_file": f"{STATE}/pki/postgres.crt",
        "ssl_key_file": f"{STATE}/pki/postgres.key",
        "unix_socket_directories": "/run/postgresql",
    }
    env = {
        "POSTGRES_USER": "altscore_super",
        "POSTGRES_DB": "postgres",
        "POSTGRES_PASSWORD_FILE": f"{STATE}/secrets/postgres-altscore_super",
        "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums",
        "PGDATA": f"{STATE}/data/postgres",
        "PGPORT": str(PORTS["postgres"]),
    }
    server = Container(
        name="postgres",
        image=image(STAND_IN, "postgres"),
        args=["postgres", *(option for key, value in settings.items() for option in ("-c", f"{key}={value}"))],
        env=env,
        port=PORTS["postgres"],
        memory="1536Mi",
        cpu="400m",  # every process waits for it; with a small share an upgrade starves it and all become unready
        writes=["data/postgres"],
        folders={"socket": "/run/postgresql", "shared": "/dev/shm"},  # noqa: S108  # of the container
    )
    return Store("postgres", "postgres", [server], ports=["postgres"])


def _redis() -> Store:
    server = Container(
        name="redis",
        image=image(STAND_IN, "redis"),
        args=["redis-server", f"{STATE}/run/redis/redis.conf"],
        port=PORTS["redis"],
        memory="384Mi",
        cpu="50m",
        writes=["data/redis"],
    )
    return Store("redis", "redis", [server], ports=["redis"])


def _kafka() -> Store:
    def container(name: str, script: str, argument: str, port: int | None = None) -> Container:
        return Container(
            name=name,
            image=image(STAND_IN, "kafka"),
            command=[f"/opt/kafka/bin/kafka-{script}.sh"],
            args=[argument],
            env=_KAFKA,
            port=port,
            memory="768Mi",
            cpu="100m",
            writes=["data/kafka"],
        )

    folder = f"{STATE}/run/kafka"
    broker = container("kafka", "server-start", f"{folder}/server.properties", PORTS["kafka"])
    formatter = container("format", "storage", f"@{folder}/format.args")
    return Store("kafka", "kafka", [broker], ports=["kafka", "kafka-controller"], first=[formatter])


def _registry() -> Store:
    flags = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=/tmp"]
    # It reads its settings from a file .env of the folder in which it runs.
    server = Container(
        name="registry",
        image=image(STAND_IN, "registry"),
        command=["java"],
        args=[*flags, "-jar", "/deployments/quarkus-run.jar"],
        port=PORTS["registry"],
        memory="768Mi",
        cpu="30m",
        work_dir=f"{STATE}/run/registry",
    )
    return Store("registry", "registry", [server], ports=["registry"])


def _s3() -> Store:
    server = Container(
        name="s3",
        image=image(STAND_IN, "s3"),
        command=["minio"],
        args=[
            "server",
            "--quiet",
            "--address",
            f"0.0.0.0:{PORTS['s3']}",
            "--certs-dir",
            f"{STATE}/run/s3/certs",
            f"{STATE}/data/s3",
        ],
        env={"MINIO_CONFIG_ENV_FILE": f"{STATE}/run/s3/config.env", "HOME": "/tmp"},  # noqa: S108
        port=PORTS["s3"],
        memory="1Gi",
        writes=["data/s3"],
    )
    return Store("s3", "s3", [server], ports=["s3"])


def _mlflow() -> Store:
    env = {ENV: f"{STATE}/run/env/mlflow.env"}
    files = ["--ssl-certfile", f"{STATE}/pki/mlflow.fullchain.pem", "--ssl-keyfile", f"{STATE}/pki/mlflow.key"]
    files += ["--ssl-ca-certs", f"{STATE}/pki/ml-ops-ca.pem", "--ssl-cert-reqs", "2"]  # who sees it: ML Ops alone
    address = ["--host", "0.0.0.0", "--port", str(PORTS["mlflow"])]  # noqa: S104  # of the pod

    def container(name: str, args: list[str], port: int | None = None) -> Container:
        return Container(
            name=name,
            image=image(OURS, "mlflow"),
            args=args,
            env=env,
            port=port,
            memory="1536Mi",
            writes=["data/mlflow"],
        )

    server = ["/opt/mlflow/bin/uvicorn", "mlflow.server.fastapi_app:app", *address, *files, "--log-level", "warning"]
    tables = container("tables", ["/opt/mlflow/bin/python", "-c", _MLFLOW_TABLES])
    return Store("mlflow", "mlflow", [container("mlflow", server, PORTS["mlflow"])], ports=["mlflow"], first=[tables])


def _airflow() -> Store:
    writes = ["data/airflow", "data/pipeline-work", "run/airflow", "logs/airflow"]

    # The jobs sign the pipeline's events, and the library locks the token that it opens.
    tokens = "secrets/softhsm/pipeline"

    def part(name: str, arguments: list[str], memory: str, health: str | None = None) -> Container:
        path = {"httpGet": {"path": "/api/v2/monitor/health", "port": PORTS["airflow"], "scheme": "HTTPS"}}
        return Container(
            name=name,
            image=image(OURS, "pipelines"),
            args=["--exec", "/opt/airflow/bin/airflow", *arguments],
            env={ENV: f"{STATE}/run/env/airflow.env"},
            port=PORTS["airflow"] if health else None,
            memory=memory,
            writes=[*writes, tokens] if name == "scheduler" else writes,
            probe=path if health else None,
        )

    parts = [
        part("api", ["api-server", "--workers", "1"], "1Gi", health="metadatabase"),
        part("scheduler", ["scheduler", "--skip-serve-logs"], "4Gi"),
        part("dag-processor", ["dag-processor"], "1Gi"),
        part("triggerer", ["triggerer", "--skip-serve-logs"], "1Gi"),
    ]
    # The scheduler runs the pipeline's jobs itself, so the pod is what the chart's policies call the pipeline.
    labels = {"app.kubernetes.io/name": "pipeline", "app.kubernetes.io/instance": "altscore", "altscore.in/zone": "ml"}
    return Store(
        "airflow",
        "pipeline",
        parts,
        ports=["airflow"],
        first=[part("migrate", ["db", "migrate"], "1Gi")],
        labels=labels,
    )


def _simulator(name: str, module: str, *, ports: Mapping[str, str], data: str | None, has_env: bool) -> Store:
    """An outside party: it stands where the internet is, in front of the dmz."""
    args = [module, "--host", "0.0.0.0"]  # noqa: S104  # of the pod
    for option, port in ports.items():
        args += [option, str(PORTS[port])]
    if data is not None:
        args += ["--data-dir", f"{STATE}/demo/{data}"]
    container = Container(
        name=name,
        image=image(OURS, "tools"),
        args=args,
        env={ENV: f"{STATE}/run/env/{name}.env"} if has_env else {},
        port=PORTS[name],
    )
    return Store(name, "simulators", [container], ports=list(ports.values()), labels={"altscore.in/zone": "dmz"})


def _identity_provider() -> Store:
    """Browsers go to it and back; no pod asks it anything, and it asks none."""
    folder = f"{STATE}/pki/sign-in"
    options = {
        "host": "0.0.0.0",  # noqa: S104  # of the pod
        "port": str(PORTS[PROVIDER]),
        "issuer": IDP,
        "acs": f"https://localhost:{PORTS['admin']}/v1/admin/saml/acs",
        "cert": f"{folder}/idp.crt",
        "key": f"{folder}/idp.key",
        "other-cert": f"{folder}/idp-other.crt",
        "other-key": f"{folder}/idp-other.key",
        "users": f"{folder}/users.json",
        "tls-cert": f"{folder}/{PROVIDER}.crt",
        "tls-key": f"{folder}/{PROVIDER}.key",
    }
    server = Container(
        name=PROVIDER,
        image=image(OURS, "tools"),
        args=["simulators_saml", *(f"--{name}={value}" for name, value in options.items())],
        port=PORTS[PROVIDER],
    )
    return Store(PROVIDER, "simulators", [server], ports=[PROVIDER], labels={"app.kubernetes.io/part-of": APART})


def _witness() -> Store:
    """The audit chain's second custodian: a volume of its own, and a policy of its own from the table of callers."""
    options = {
        "workers": "1",
        "public-key": f"{STATE}/pki/public",
        "s3-endpoint": f"https://s3{SUFFIX}.{NAMESPACE}.svc.{DOMAIN}:{PORTS['s3']}",
        "s3-bucket": "altscore-audit",
        "s3-region": "ap-south-1",
        "s3-ca-file": f"{STATE}/pki/ca.pem",
        "folder": WITNESS_FOLDER,
        "listen-host": "0.0.0.0",  # noqa: S104  # of the pod
        "port": str(PORTS[WITNESS]),
    }
    container = Container(
        name=WITNESS,
        image=image(OURS, "witness"),
        args=[part for name, value in options.items() for part in (f"--{name}", value)],
        env={ENV: f"{STATE}/run/env/{WITNESS}.env"},
        port=PORTS[WITNESS],
        claims={WITNESS_CLAIM: WITNESS_FOLDER},
        probe={"httpGet": {"path": "/readyz", "port": PORTS[WITNESS]}},
    )
    return Store(WITNESS, WITNESS, [container], ports=[WITNESS], labels={"app.kubernetes.io/part-of": APART})


FIRST = (_postgres(), _redis(), _kafka(), _s3())
# These need databases, buckets and users.
THEN = (_registry(),)
LAST = (
    _mlflow(),
    _airflow(),
    _simulator("tally-sim", "simulators_tally", ports={"--port": "tally-sim"}, data="tally", has_env=False),
    _simulator(
        "whatsapp-sim",
        "simulators_whatsapp",
        ports={"--port": "whatsapp-sim", "--control-port": "whatsapp-sim-control"},
        data="whatsapp",
        has_env=True,
    ),
    _simulator(
        "sms-sim",
        "simulators_sms",
        ports={"--port": "sms-sim", "--control-port": "sms-sim-control"},
        data=None,
        has_env=True,
    ),
    _simulator(
        "smtp-sim",
        "simulators_smtp",
        ports={"--port": "smtp-sim", "--control-port": "smtp-sim-control"},
        data=None,
        has_env=True,
    ),
    _simulator(OIDC_PROVIDER, "simulators_oidc", ports={"--port": OIDC_PROVIDER}, data=None, has_env=True),
    _identity_provider(),
    _witness(),
)
STORES = (*FIRST, *THEN, *LAST)
