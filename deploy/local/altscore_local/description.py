"""What var/stack.json says of a stack: addresses and credentials for the demo, the tests and a person."""

import json
from pathlib import Path
from typing import Any

from altscore_local import airflow, mlflow_server
from altscore_local.files import PRIVATE, write_file
from altscore_local.layout import OUR_DATABASES, PORTS
from altscore_local.object_store import BUCKETS, REGION, RIGHTS
from altscore_local.postgres import SUPERUSER
from altscore_local.services import PHONE_NUMBER_ID, TABLE, Stores
from altscore_local.softhsm import TOKENS, token_conf
from altscore_local.state_file import ports_of


def description_of(stores: Stores) -> dict[str, Any]:
    """The whole content; it holds connection strings, so it is as private as the secrets themselves."""
    layout = stores.layout
    return {
        "root": str(layout.root),
        "port_offset": layout.port_offset,
        "hosts": {name: layout.host(name) for name in PORTS},
        "ports": ports_of(layout),
        "internal_ports": {service.name: layout.shifted(service.internal_port) for service in TABLE},
        "paths": {
            "var": str(layout.var),
            "pki": str(layout.pki),
            "ca": str(layout.pki / "ca.pem"),
            "connector_ca": str(layout.pki / "connector-ca.pem"),
            "public_keys": str(layout.pki / "public"),
            "secrets": str(layout.secrets),
            "env": str(layout.env_files),
            "logs": str(layout.logs),
            "operators": str(layout.secrets / "operators.json"),
        },
        "urls": {
            "score": f"https://{layout.address('score')}",
            "admin": f"https://{layout.address('admin')}",
            "ingestion": f"https://{layout.address('ingestion')}",
            "webhook": f"https://{layout.address('webhook')}/webhooks/whatsapp",
            "airflow": f"https://{layout.address('airflow')}",
            "mlflow": f"https://{layout.address('mlflow')}",
            "tally-sim": f"http://{layout.address('tally-sim')}",
            "whatsapp-sim-control": f"http://{layout.address('whatsapp-sim-control')}",
            "sms-sim-control": f"http://{layout.address('sms-sim-control')}",
            "smtp-sim-control": f"http://{layout.address('smtp-sim-control')}",
            "oidc-sim": f"https://{layout.address('oidc-sim')}",
            "portal": f"https://{layout.address('portal')}",
        },
        "postgres": {
            "superuser_dsn": stores.postgres.dsn(SUPERUSER, "postgres"),
            "dsns": {name: stores.postgres.dsn(name, name) for name in OUR_DATABASES},
            "owner_dsns": {name: stores.postgres.dsn(f"{name}_owner", name) for name in OUR_DATABASES},
        },
        "redis": {"url": stores.redis.url},
        "kafka": {"bootstrap": stores.kafka.bootstrap_servers, "superuser": "broker"},
        "registry": {"url": stores.registry.url},
        "s3": {
            "endpoint": stores.s3.endpoint,
            "region": REGION,
            "buckets": list(BUCKETS),
            "root": [stores.s3.root_access_key, stores.s3.root_secret_key],
            "users": {name: list(stores.s3.credentials(name)) for name in RIGHTS},
        },
        "whatsapp": {"phone_number_id": PHONE_NUMBER_ID},
        "airflow": airflow.describe(layout),
        "mlflow": mlflow_server.describe(stores),
        "pkcs11": {token: str(token_conf(layout, token)) for token in TOKENS},
    }


def write_stack_file(stores: Stores) -> Path:
    """Writes var/stack.json, readable by its owner alone; returns it."""
    path = stores.layout.var / "stack.json"
    write_file(path, json.dumps(description_of(stores), indent=1) + "\n", mode=PRIVATE)
    return path
