"""Topics and rights from schemas/topics.yml: pure functions, so that tests can read what the broker will be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DAY_MS = 86_400_000
DLQ_RETENTION_DAYS = 30
# The watcher of Airflow is the pipeline's consumer; its group has a name of its own.
GROUPS = {"pipeline": ("pipeline", "pipeline-airflow")}


@dataclass(frozen=True)
class Topic:
    """One topic as the broker makes it."""

    name: str
    partitions: int
    retention_ms: int


class Right(NamedTuple):
    """One ALLOW rule: who may do what on which resource."""

    user: str
    resource: str
    name: str
    operation: str


def load_topics(path: Path) -> list[dict[str, Any]]:
    """Entries of topics.yml; an absent file is an empty list (the stack then has no topics)."""
    return list(yaml.safe_load(path.read_text())) if path.exists() else []


def topics_of(entries: Iterable[dict[str, Any]]) -> list[Topic]:
    """Every topic and its dead-letter topic."""
    topics = []
    for entry in entries:
        days = entry["retention_days"]
        retention_ms = -1 if days == -1 else days * DAY_MS
        topics.append(Topic(entry["name"], entry["partitions"], retention_ms))
        topics.append(Topic(f"{entry['name']}.dlq", 1, DLQ_RETENTION_DAYS * DAY_MS))
    return topics


def users_of(entries: Sequence[dict[str, Any]]) -> list[str]:
    """Every service that writes or reads a topic."""
    return sorted({user for entry in entries for user in (*entry["producers"], *entry["consumers"])})


def rights_of(entries: Sequence[dict[str, Any]]) -> set[Right]:
    """The least that each service needs.

    A producer writes and describes its topics. A consumer reads and describes them, writes their dead-letter topics,
    and reads its own group alone. An idempotent producer needs no right on the cluster since Kafka 3.0.
    """
    rights: set[Right] = set()
    for entry in entries:
        topic = entry["name"]
        for user in entry["producers"]:
            rights |= {Right(user, "TOPIC", topic, "WRITE"), Right(user, "TOPIC", topic, "DESCRIBE")}
        for user in entry["consumers"]:
            rights |= {Right(user, "TOPIC", topic, "READ"), Right(user, "TOPIC", topic, "DESCRIBE")}
            dead_letters = f"{topic}.dlq"
            rights |= {Right(user, "TOPIC", dead_letters, "WRITE"), Right(user, "TOPIC", dead_letters, "DESCRIBE")}
            rights |= {Right(user, "GROUP", group, "READ") for group in GROUPS.get(user, (user,))}
    return rights
