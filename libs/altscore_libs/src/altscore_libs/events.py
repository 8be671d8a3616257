"""The catalog of schemas/: which events exist, on which topic, and their Avro bytes."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import fastavro

from altscore_libs.yaml_text import parse_yaml


@dataclass(frozen=True)
class EventType:
    """One event: its name, topic, registry subject, newest schema, and the older ones, newest first."""

    name: str
    topic: str
    full_name: str
    version: int
    schema: dict[str, Any]
    raw_schema: str
    older_schemas: tuple[dict[str, Any], ...] = ()

    @property
    def subject(self) -> str:
        """Subject in the registry (topic and record name, so that one topic carries several events)."""
        return f"{self.topic}-{self.full_name}"


class UnknownEvent(LookupError):
    """No schema of ours describes this event."""


class SchemaCatalog:
    """All events of schemas/, newest version each.

    Args:
        types: by name.
        signers: of each topic whose messages must be signed, its producers.
        changing_access: of a topic, its events that decide what somebody may see or do.
    """

    def __init__(
        self,
        types: Mapping[str, EventType],
        signers: Mapping[str, frozenset[str]] | None = None,
        changing_access: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._types = dict(types)
        self._signers = dict(signers or {})
        self._changing_access = dict(changing_access or {})
        self._by_full_name = {event.full_name: event for event in types.values()}

    @classmethod
    def load(cls, schemas_dir: Path) -> "SchemaCatalog":
        """Reads topics.yml and every `<domain>/<event>/v<n>.avsc`.

        Raises:
            UnknownEvent: topics.yml names an event without a schema.
        """
        folders = {path.parent.name: path.parent for path in schemas_dir.glob("*/*/v1.avsc")}
        types, signers, changing_access = {}, {}, {}
        for topic in parse_yaml((schemas_dir / "topics.yml").read_text(encoding="utf-8")):
            if topic.get("signed", False):
                signers[topic["name"]] = frozenset(topic["producers"])
            changing_access[topic["name"]] = frozenset(topic.get("changes_access", ()))
            for name in topic["events"]:
                if name not in folders:
                    raise UnknownEvent(name)
                types[name] = _newest(name, topic["name"], folders[name])
        return cls(types, signers, changing_access)

    def type_of(self, name: str) -> EventType:
        """The event's type.

        Raises:
            UnknownEvent: no such event.
        """
        try:
            return self._types[name]
        except KeyError:
            raise UnknownEvent(name) from None

    def type_of_record(self, full_name: str) -> EventType:
        """The type behind a full Avro record name.

        Raises:
            UnknownEvent: no such record.
        """
        try:
            return self._by_full_name[full_name]
        except KeyError:
            raise UnknownEvent(full_name) from None

    def topic_of(self, name: str) -> str:
        """The topic that carries the event."""
        return self.type_of(name).topic

    def signers_of(self, topic: str) -> frozenset[str] | None:
        """Who may sign messages of a topic; None where they need no signature."""
        return self._signers.get(topic)

    def changes_access(self, topic: str, name: str | None) -> bool:
        """Whether an event decides what somebody may see or do; of one that cannot be read, whether it may.

        Args:
            topic: that it stands on.
            name: None of an event that cannot be read, or that nobody signed.
        """
        changing = self._changing_access.get(topic, frozenset())
        return bool(changing) if name is None else name in changing

    def names(self) -> list[str]:
        """Names of all events, sorted."""
        return sorted(self._types)

    def encode(self, name: str, data: Mapping[str, Any]) -> bytes:
        """Avro body (without the five header bytes) of a whole event, envelope included.

        Raises:
            ValueError: the data does not fit the schema.
        """
        buffer = io.BytesIO()
        try:
            fastavro.schemaless_writer(buffer, self.type_of(name).schema, dict(data), strict=True)
        except (TypeError, KeyError, AttributeError, ValueError, OverflowError) as error:
            raise ValueError(f"{name} does not fit its schema: {type(error).__name__}") from error
        return buffer.getvalue()

    def decode(self, name: str, body: bytes, writer: dict[str, Any] | None = None) -> dict[str, Any]:
        """The event behind an Avro body.

        Args:
            name: of the event.
            body: without the five header bytes.
            writer: the schema it was written with. By default ours: the newest that reads the body, since an
                event may wait in an outbox while its service is upgraded to a newer schema.

        Raises:
            ValueError: the bytes are not such an event.
        """
        event = self.type_of(name)
        writers = [event.schema, *event.older_schemas] if writer is None else [writer]
        failures: list[ValueError] = []
        for schema in writers:
            try:
                return _decode(body, schema, event)
            except ValueError as error:
                failures.append(error)
        raise failures[0]


def _decode(body: bytes, writer: dict[str, Any], event: EventType) -> dict[str, Any]:
    buffer = io.BytesIO(body)
    try:
        data = fastavro.schemaless_reader(buffer, writer, event.schema)
    except Exception as error:  # it raises whatever foreign bytes and schemas provoke
        raise ValueError(f"not a {event.name}: {type(error).__name__}") from error
    if not isinstance(data, dict):
        raise ValueError(f"not a {event.name}: no record")
    if not _is_storable(data):
        raise ValueError(f"not a {event.name}: a text that no database holds")
    return data


def _is_storable(value: Any) -> bool:
    """Whether no text in it has a NUL or half a surrogate pair."""
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value))
    if isinstance(value, dict):
        return all(_is_storable(name) and _is_storable(item) for name, item in value.items())
    return not isinstance(value, list) or all(map(_is_storable, value))


def _newest(name: str, topic: str, folder: Path) -> EventType:
    newest, *older = sorted(folder.glob("v*.avsc"), key=lambda path: -int(path.stem[1:]))
    raw = newest.read_text(encoding="utf-8")
    parsed = json.loads(raw)
    return EventType(
        name=name,
        topic=topic,
        full_name=f"{parsed['namespace']}.{parsed['name']}",
        version=int(newest.stem[1:]),
        schema=cast("dict[str, Any]", fastavro.parse_schema(parsed)),
        raw_schema=raw,
        older_schemas=tuple(
            cast("dict[str, Any]", fastavro.parse_schema(json.loads(path.read_text(encoding="utf-8"))))
            for path in older
        ),
    )
