"""Makes the topics, rights and schemas of schemas/ on a broker and a registry: `apply_topics.py expand | contract`.

`expand` runs before a new version starts and only adds, so that the old version goes on working beside it. `contract`
takes away the rights that topics.yml no longer gives, once nothing of the old version runs. Topics are never deleted.
Runs in a service's image; kafka_access.py lies beside it.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from altscore_libs.events import SchemaCatalog
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from kafka_access import Right, Topic, load_topics, rights_of, topics_of

TIMEOUT_S = 30.0
COMPATIBILITY = "FULL_TRANSITIVE"
_RETENTION = "retention.ms"


def admin_client(environ: Mapping[str, str]) -> AdminClient:
    """A client of the user that may make topics and rights."""
    return AdminClient(
        {
            "bootstrap.servers": environ["TOPICS_KAFKA_BOOTSTRAP"],
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": environ["TOPICS_KAFKA_USERNAME"],
            "sasl.password": environ["TOPICS_KAFKA_PASSWORD"],
            "ssl.ca.location": environ["TOPICS_KAFKA_CA_FILE"],
        }
    )


def _all(futures: Mapping[Any, Future[Any]]) -> None:
    for future in futures.values():
        future.result(TIMEOUT_S)


def retention_of(topic: Topic) -> ConfigResource:
    """The change that gives a topic the retention of the list and leaves its other settings alone."""
    change = ConfigEntry(_RETENTION, str(topic.retention_ms), incremental_operation=AlterConfigOpType.SET)
    return ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=[change])


def make_topics(admin: AdminClient, topics: Iterable[Topic], replication: int) -> None:
    """Adds topics and partitions that are missing, and brings the retention of the others to the list's."""
    expected = {topic.name: topic for topic in topics}
    existing = admin.list_topics(timeout=TIMEOUT_S).topics
    config = {"min.insync.replicas": str(max(1, replication - 1))}
    missing = [
        NewTopic(topic.name, topic.partitions, replication, config=config | {_RETENTION: str(topic.retention_ms)})
        for topic in expected.values()
        if topic.name not in existing
    ]
    grown = [
        NewPartitions(name, topic.partitions)
        for name, topic in expected.items()
        if name in existing and len(existing[name].partitions) < topic.partitions
    ]
    if missing:
        _all(admin.create_topics(missing))
    if grown:
        _all(admin.create_partitions(grown))
    kept = [retention_of(topic) for name, topic in expected.items() if name in existing]
    if kept:
        _all(admin.incremental_alter_configs(kept))
    print(f"topics: {len(missing)} made, {len(grown)} grown, {len(expected)} in all", flush=True)


def _current_rights(admin: AdminClient) -> set[Right]:
    everything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ALLOW
    )
    return {
        Right(
            user=binding.principal.removeprefix("User:"),
            resource=binding.restype.name,
            name=binding.name,
            operation=binding.operation.name,
        )
        for binding in admin.describe_acls(everything).result(TIMEOUT_S)
    }


def _rule(kind: type[Any], right: Right) -> Any:
    return kind(
        ResourceType[right.resource],
        right.name,
        ResourcePatternType.LITERAL,
        f"User:{right.user}",
        "*",
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


def add_rights(admin: AdminClient, rights: set[Right]) -> None:
    """Adds the rights that are missing."""
    missing = sorted(rights - _current_rights(admin))
    if missing:
        _all(admin.create_acls([_rule(AclBinding, right) for right in missing]))
    print(f"rights: {len(missing)} added, {len(rights)} in all", flush=True)


def remove_rights(admin: AdminClient, rights: set[Right]) -> None:
    """Takes rights of our own users away that the list does not give; other users' are left alone."""
    users = {right.user for right in rights}
    former = sorted(right for right in _current_rights(admin) - rights if right.user in users)
    if former:
        _all(admin.delete_acls([_rule(AclBindingFilter, right) for right in former]))
    print(f"rights: {len(former)} removed", flush=True)


def register_schemas(url: str, schemas_dir: Path) -> None:
    """Registers every version of every schema, oldest first; the registry refuses an incompatible one.

    Raises:
        httpx.HTTPStatusError: it refused.
    """
    catalog = SchemaCatalog.load(schemas_dir)
    registered = 0
    with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as client:
        client.put("/config", json={"compatibility": COMPATIBILITY}).raise_for_status()
        for name in catalog.names():
            [folder] = {path.parent for path in schemas_dir.glob(f"*/{name}/v1.avsc")}
            for path in sorted(folder.glob("v*.avsc"), key=lambda file: int(file.stem[1:])):
                subject = quote(catalog.type_of(name).subject, safe="")
                body = {"schema": json.dumps(json.loads(path.read_text(encoding="utf-8")))}
                client.post(f"/subjects/{subject}/versions", json=body).raise_for_status()
                registered += 1
    print(f"schemas: {registered} registered", flush=True)


def main(step: str, environ: Mapping[str, str]) -> None:
    """Runs one step.

    Raises:
        SystemExit: no such step, or topics.yml is empty.
    """
    schemas_dir = Path(environ["TOPICS_SCHEMAS_DIR"])
    entries = load_topics(schemas_dir / "topics.yml")
    if not entries:
        raise SystemExit(f"{schemas_dir}/topics.yml names no topic")
    admin = admin_client(environ)
    if step == "expand":
        make_topics(admin, topics_of(entries), int(environ["TOPICS_REPLICATION"]))
        add_rights(admin, rights_of(entries))
        register_schemas(environ["TOPICS_REGISTRY_URL"], schemas_dir)
    elif step == "contract":
        remove_rights(admin, rights_of(entries))
    else:
        raise SystemExit(f"unknown step: {step} (expand or contract)")


if __name__ == "__main__":
    main(sys.argv[1], os.environ)
