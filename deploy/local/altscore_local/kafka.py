# confluent_kafka.admin re-exports its names without saying so, and types its filters too narrowly.
# mypy: disable-error-code="attr-defined,arg-type"
"""Kafka: one KRaft node, SASL_SSL with SCRAM-SHA-512, the authorizer on, topics and rights from schemas/topics.yml."""

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from altscore_local.files import Stamp, identity_of, secret, write_file
from altscore_local.java import find_java, version_of
from altscore_local.kafka_access import Right, load_topics, rights_of, topics_of, users_of
from altscore_local.layout import Layout
from altscore_local.process import SYSTEM_ENVIRONMENT, Process, StackError
from altscore_local.program import run_program
from altscore_local.toolchain import streaming_dist

BROKER_USER = "broker"
_SCRAM_ITERATIONS = 8_192
_APPLY_TIMEOUT_S = 30.0
_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
listeners=SASL_SSL://{listen_host}:{port},CONTROLLER://{listen_host}:{controller_port}
advertised.listeners=SASL_SSL://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule \
required username="{user}" password="{password}";
ssl.enabled.protocols=TLSv1.3
ssl.keystore.type=PEM
ssl.keystore.location={pki}/kafka.keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location={pki}/ca.pem
# SCRAM cannot guard the controller: its credentials live in the log that this listener serves.
listener.name.controller.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{user};User:CN=altscore-kafka
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=false
log.dirs={data}
min.insync.replicas=1
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# One small machine: the cleaner's default buffer alone is 128 MiB.
log.cleaner.dedupe.buffer.size=16777216
log.segment.bytes=67108864
num.network.threads=2
num.io.threads=4
background.threads=2
# After kill -9 the controller refuses the broker until its old session ends; the heartbeat is also its own time limit.
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=1000
"""


class Kafka:
    """The broker of this clone."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.port = layout.port("kafka")
        self.bootstrap_servers = layout.address("kafka")
        self._data = layout.data / "kafka"
        self._settings = layout.run / "kafka" / "server.properties"

    def password(self, user: str) -> str:
        """SCRAM password of a user, made at the first call."""
        return secret(self._layout, f"kafka-{user}")

    def client_settings(self, user: str) -> dict[str, Any]:
        """librdkafka settings of a user."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": self.password(user),
            "ssl.ca.location": str(self._layout.pki / "ca.pem"),
            "log_level": 2,
        }

    def prepare(self) -> Process:
        """Formats the storage once, writes the settings, and says how to start it."""
        java = find_java(17)
        if java is None:
            raise StackError("no Java 17 or newer: install a JDK, or set JAVA_HOME")
        self.write_settings()
        base = [str(java), "-Dlog4j2.disableJmx=true", f"-Dlog4j2.configurationFile={self._log_settings()}"]
        base += ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        class_path = ":".join(sorted(map(str, (streaming_dist() / "kafka").glob("*.jar"))))
        if not (self._data / "meta.properties").exists():
            self._format([*base, "-Xmx128m", "-cp", class_path])
        argv = [*base, "-Xmx256m", *_class_archive(java), "-cp", class_path, "kafka.Kafka", str(self._settings)]
        return Process(
            name="kafka",
            group="infra",
            argv=argv,
            env=SYSTEM_ENVIRONMENT,
            port=self.port,
            ready=self.is_ready,
            cwd=self._settings.parent,
        )

    def write_settings(self) -> Path:
        """Writes the broker's settings; returns their file."""
        content = _SETTINGS.format(
            host=self._layout.host("kafka"),
            listen_host=self._layout.listen_host,
            port=self.port,
            controller_port=self._layout.port("kafka-controller"),
            user=BROKER_USER,
            password=self.password(BROKER_USER),
            pki=self._layout.pki,
            data=self._data,
        )
        write_file(self._settings, content)
        return self._settings

    def write_format_arguments(self, *further: str) -> Path:
        """Writes the arguments of the storage tool into a file, which keeps the password out of the process list.

        The broker's own credential is part of the format: without it no user could ever be added.
        """
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A").replace("_", "B")
        path = self._settings.parent / "format.args"
        password = self.password(BROKER_USER)
        lines = ["format", *further, "-t", identity, "-c", str(self._settings), "--standalone", "--add-scram"]
        write_file(path, "\n".join([*lines, f"SCRAM-SHA-512=[name={BROKER_USER},password={password}]"]))
        return path

    def _log_settings(self) -> Path:
        return self._layout.assets / "config" / "log4j2.properties"

    def _format(self, command: list[str]) -> None:
        credential = self.write_format_arguments()
        self._data.mkdir(parents=True, exist_ok=True)
        try:
            run_program(
                [*command, "kafka.tools.StorageTool", f"@{credential}"],
                failure="Kafka's storage could not be formatted",
            )
        finally:
            credential.unlink()

    def is_ready(self) -> bool:
        """Whether it serves."""
        # A port that is open may still be fenced: ask for metadata as a real client does.
        admin = AdminClient(self.client_settings(BROKER_USER) | {"socket.timeout.ms": 2_000})
        try:
            return len(admin.list_topics(timeout=2).brokers) == 1
        except KafkaException:
            return False

    def bootstrap(self) -> None:
        """Makes users, topics and rights; skipped when done before for the same topics.yml and data."""
        entries = load_topics(self._layout.root / "schemas" / "topics.yml")
        users = users_of(entries)
        parts: list[bytes | str] = [
            identity_of(self._data / "meta.properties"),
            repr(entries),
            *(self.password(user) for user in users),
        ]
        stamp = Stamp(self._layout.data / "kafka.access.stamp", [*parts, repr(sorted(rights_of(entries)))])
        if stamp.is_current():
            return
        admin = AdminClient(self.client_settings(BROKER_USER))
        self._make_users(admin, users)
        _make_topics(admin, entries)
        _make_rights(admin, rights_of(entries))
        stamp.set()

    def make_users(self, users: list[str], rights: set[Right]) -> None:
        """Makes users with their passwords, and adds rights; topics and what goes with them are others' business."""
        admin = AdminClient(self.client_settings(BROKER_USER))
        self._make_users(admin, users)
        _all(admin.create_acls([_binding(right) for right in sorted(rights)]))

    def _make_users(self, admin: AdminClient, users: list[str]) -> None:
        if not users:
            return
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _SCRAM_ITERATIONS)
        changes = [UserScramCredentialUpsertion(user, info, self.password(user).encode()) for user in users]
        _all(admin.alter_user_scram_credentials(changes))

        def applied() -> bool:
            try:
                _all(admin.describe_user_scram_credentials(users))
            except KafkaException:
                return False
            return True

        _until(applied, "Kafka users")


def _class_archive(java: Path) -> list[str]:
    """Class data sharing halves the start; the archive is written at the first clean end, per Java version."""
    archive = streaming_dist() / f"kafka-java{version_of(java)}.jsa"
    return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else [f"-XX:ArchiveClassesAtExit={archive}"]


def _make_topics(admin: AdminClient, entries: list[dict[str, Any]]) -> None:
    expected = {topic.name: topic for topic in topics_of(entries)}
    existing = admin.list_topics(timeout=10).topics
    missing = [
        NewTopic(topic.name, topic.partitions, 1, config={"retention.ms": str(topic.retention_ms)})
        for topic in expected.values()
        if topic.name not in existing
    ]
    if missing:
        _all(admin.create_topics(missing))
    grown = [
        NewPartitions(name, topic.partitions)
        for name, topic in expected.items()
        if name in existing and len(existing[name].partitions) < topic.partitions
    ]
    if grown:
        _all(admin.create_partitions(grown))

    def have_leaders() -> bool:
        topics = admin.list_topics(timeout=10).topics
        return all(
            name in topics
            and len(topics[name].partitions) >= topic.partitions
            and all(partition.leader >= 0 for partition in topics[name].partitions.values())
            for name, topic in expected.items()
        )

    _until(have_leaders, "Kafka topics")


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        ResourceType[right.resource],
        right.name,
        ResourcePatternType.LITERAL,
        f"User:{right.user}",
        "*",
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


def _make_rights(admin: AdminClient, rights: set[Right]) -> None:
    """Adds what is missing and takes away what topics.yml no longer gives."""
    everything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )

    def current() -> set[Right]:
        bindings = admin.describe_acls(everything).result(10)
        return {
            Right(
                user=binding.principal.removeprefix("User:"),
                resource=binding.restype.name,
                name=binding.name,
                operation=binding.operation.name,
            )
            for binding in bindings
        }

    before = current()
    if rights - before:
        _all(admin.create_acls([_binding(right) for right in sorted(rights - before)]))
    if before - rights:
        _all(admin.delete_acls([_filter(right) for right in sorted(before - rights)]))
    _until(lambda: current() == rights, "Kafka rights")


def _filter(right: Right) -> AclBindingFilter:
    return AclBindingFilter(
        ResourceType[right.resource],
        right.name,
        ResourcePatternType.LITERAL,
        f"User:{right.user}",
        "*",
        AclOperation[right.operation],
        AclPermissionType.ALLOW,
    )


def _all(futures: Mapping[Any, Future[Any]]) -> None:
    for future in futures.values():
        future.result(_APPLY_TIMEOUT_S)


def _until(condition: Callable[[], bool], what: str) -> None:
    """The broker applies changes a moment after it confirms them."""
    end = time.monotonic() + _APPLY_TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise StackError(f"{what} were accepted but not applied")
        time.sleep(0.1)
