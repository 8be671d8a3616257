"""Before any store runs: keys, certificates, passwords, settings and environments, each for its one reader."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from altscore_local import airflow, audit_witness, mlflow_server
from altscore_local.files import PUBLIC, write_file
from altscore_local.layout import Layout
from altscore_local.observability import receivers
from altscore_local.observability.server import ALERTMANAGER, PROMETHEUS, write_configuration
from altscore_local.operators import operators_file
from altscore_local.pki import ML_OPS, ensure_pki
from altscore_local.postgres import SUPERUSER
from altscore_local.services import (
    MIGRATIONS,
    TABLE,
    Stores,
    migration_environment,
    service_environment,
    write_env_file,
)
from altscore_local.simulators import simulator_processes
from altscore_local.softhsm import TOKENS, ensure_tokens, token_owner
from altscore_local.toolchain import SOFTHSM_MODULES

from altscore_compose.owners import give, give_folder, private_files


def keys_library(layout: Layout) -> Path:
    """Where the processes find the PKCS#11 library: their images have none, the deployment mounts one."""
    return layout.run / "softhsm" / "libsofthsm2.so"


def write_all(stores: Stores) -> None:
    """Makes what is missing, keeps what is there, and gives every private file to its one reader."""
    layout = stores.layout
    for folder in (layout.run, layout.logs, layout.data, layout.secrets):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # who knows a file's name comes to it; whether they may read it, its own mode says
    _copy_library(layout)
    ensure_pki(layout)
    operators_file(layout)
    ensure_tokens(layout)
    environments = _environments(stores)
    for name, (_, environment) in environments.items():
        write_env_file(layout, name, environment)
    readers = _store_files(stores)
    for name, (owner, environment) in environments.items():
        own = {layout.env_files / f"{name}.env", *private_files(environment.values(), layout.var)}
        readers[owner] = readers.get(owner, set()) | own
    for process in simulator_processes(stores):
        readers["simulators"] |= private_files(process.argv, layout.var)
    give(readers)
    write_configuration(layout, host="{process}.altscore.internal")  # a name that the data zone alone knows
    copy_addresses(layout)
    receivers.write_settings(layout)
    _give_folders(layout)


def _copy_library(layout: Layout) -> None:
    source = next(path for path in SOFTHSM_MODULES if path.exists())
    target = keys_library(layout)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)
    target.chmod(0o755)


def copy_addresses(layout: Layout) -> None:
    """Takes the addresses of alerts' receivers from the mounted folder; one that is gone from it goes here as well."""
    target = receivers.addresses_folder(layout)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    mounted = layout.root / "alerts"
    for path in sorted(mounted.iterdir()) if mounted.is_dir() else []:
        write_file(target / path.name, path.read_bytes())


def _environments(stores: Stores) -> dict[str, tuple[str, dict[str, str]]]:
    """Owner and environment of every container that runs a program of ours, by file name."""
    environments = {row.name: (row.owner, service_environment(stores, row)) for row in TABLE}
    environments |= {f"{owner}-migrate": (owner, migration_environment(stores, owner)) for owner in MIGRATIONS}
    for process in simulator_processes(stores):
        environments[process.name] = ("simulators", dict(process.env))
    environments[audit_witness.NAME] = (audit_witness.NAME, audit_witness.environment(stores))
    environments["mlflow"] = ("mlflow", mlflow_server.server_environment(stores))
    environments["airflow"] = ("pipeline", airflow.airflow_environment(stores))
    return environments


def _store_files(stores: Stores) -> dict[str, set[Path]]:
    """Writes the settings of the stores; returns each one's private files."""
    layout, pki = stores.layout, stores.layout.pki
    settings = layout.run / "postgres" / "postgresql.conf"
    access = layout.run / "postgres" / "pg_hba.conf"
    write_file(settings, stores.postgres.settings_text())
    stores.postgres.password(SUPERUSER)  # makes the file that the image reads
    # The image makes its cluster over the socket, with the superuser's password.
    write_file(access, f"local all {SUPERUSER} scram-sha-256\n{stores.postgres.access_text()}")
    redis = stores.redis.write_settings()
    kafka = stores.kafka.write_settings()
    log = layout.run / "kafka" / "log4j2.properties"
    write_file(log, (layout.assets / "config" / "log4j2.properties").read_text(), mode=PUBLIC)
    format_arguments = kafka.with_name("format.args")
    if not format_arguments.exists():  # it holds the cluster's identity, which is given once
        stores.kafka.write_format_arguments("--ignore-formatted")
    registry = layout.run / "registry" / ".env"
    _write_variables(registry, stores.registry.environment())
    s3 = layout.run / "s3" / "config.env"
    _write_variables(s3, stores.s3.environment())
    certificates = stores.s3.write_certificates()
    return {
        "postgres": {settings, access, pki / "postgres.key", layout.secrets / f"postgres-{SUPERUSER}"},
        "redis": {redis, redis.with_name("users.acl"), pki / "redis.key"},
        "kafka": {kafka, format_arguments, pki / "kafka.keystore.pem"},
        "registry": {registry},
        "s3": {s3, certificates / "public.crt", certificates / "private.key"},
        "mlflow": {pki / "mlflow.key", pki / f"{ML_OPS}.key"},
    }


def _write_variables(path: Path, variables: Mapping[str, str]) -> None:
    write_file(path, "".join(f"{name}={value}\n" for name, value in variables.items()))


def _give_folders(layout: Layout) -> None:
    """Volumes begin as root's; each has one writer."""
    for owner in sorted({token_owner(token) for token in TOKENS}):
        give_folder(owner, layout.secrets / "softhsm" / owner)
    for store in ("postgres", "redis", "kafka", "s3", PROMETHEUS, ALERTMANAGER):
        give_folder(store, layout.data / store)
    give_folder(ALERTMANAGER, receivers.addresses_folder(layout))
    give_folder("mlflow", layout.data / "mlflow")
    give_folder("score", layout.data / "score-spool")
    airflow.write_password(layout)
    airflow.write_program(layout)
    folders = (layout.data / "airflow", layout.data / "pipeline-work", layout.logs / "airflow", layout.run / "airflow")
    for folder in folders:
        give_folder("pipeline", folder)
    (layout.secrets / "softhsm").chmod(0o711)
