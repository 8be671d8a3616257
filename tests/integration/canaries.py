"""Marked phones, GSTINs, names and secrets, and the places where none of them may ever stand in the clear."""

import json
import re
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import redis
from altscore_libs import kafka
from altscore_libs.identifiers import parse_gstin
from altscore_libs.settings import KafkaSettings
from altscore_libs.topic_replay import read_topic
from altscore_local.env_files import environment_of
from psycopg import sql
from pydantic import SecretStr

from demo.context import Demo
from demo.store import BRONZE, Store

OF_EACH = 125
_LARGEST_TEMPORARY = 10_000_000
_HEADERS = ("X-Request-ID", "User-Agent", "Referer", "X-Forwarded-For", "X-Justification-Ticket")
_CREDENTIALS = {"X-Client-ID", "Authorization"}  # a wrong one would lock somebody out for the tests behind
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _gstin(number: int) -> str:
    stem = f"29KNRCY{number:04d}Q1Z"
    return next(stem + digit for digit in _DIGITS if parse_gstin(stem + digit))


PHONES = [str(7_021_900_000 + 733 * number) for number in range(OF_EACH)]
GSTINS = [_gstin(number) for number in range(OF_EACH)]
NAMES = [f"Kanarya Wren{number:03d}" for number in range(OF_EACH)]
SECRETS = [f"cnry-{number:032x}" for number in range(OF_EACH)]
MARKS = [mark for marks in zip(PHONES, GSTINS, NAMES, SECRETS, strict=True) for mark in marks]
_FORMS = (
    rb"(?<![0-9])(?:91|0)?70219[0-9]{5}(?![0-9])",  # also behind a country's or a trunk's prefix
    rb"29knrcy[0-9]{4}q1z",
    rb"kanarya[ +]wren[0-9]{3}|kanarya%20wren[0-9]{3}",
    rb"cnry-[0-9a-f]{32}",
    rb"3730323139(?:3[0-9]){5}|32396b6e726379|32394b4e524359|6b616e6172796120|4b616e6172796120|636e72792d",  # as hex
)
_PERSONAL = re.compile(rb"(?<![0-9])(?:91|0)?([6-9][0-9]{9})(?![0-9])|([0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z])")
_SEARCH = re.compile(b"|".join(_FORMS))


def hits(content: bytes) -> list[bytes]:
    """The marks that stand in some bytes, in any case, as text or as the text of a bytea."""
    return _SEARCH.findall(content.lower())


def of_ledgers(content: bytes, known: frozenset[bytes]) -> list[bytes]:
    """The phones and GSTINs of ledgers, all of them known, that stand in some bytes."""
    texts = (match[1] or match[2] for match in _PERSONAL.finditer(content))
    return [text for text in texts if text in known]


def as_sent(document: dict[str, Any], path: str, method: str, marks: Iterator[str]) -> dict[str, Any]:
    """The arguments of a request that has a mark in every field that its caller controls."""
    operation = document["paths"][path][method]
    parameters = operation.get("parameters", [])
    filled = re.sub(r"\{[^}]+\}", lambda _: quote(next(marks), safe=""), path)
    content = operation.get("requestBody", {}).get("content", {})
    media = next(iter(content), None)
    body: dict[str, Any] = {}
    if media is not None:
        value = _marked(document, content[media].get("schema", {}), marks)
        body = {"json": value} if media == "application/json" else {"content": json.dumps(value)}
    return {
        "method": method.upper(),
        "url": filled,
        "params": {name: next(marks) for name in _names(parameters, "query")},
        "headers": {name: next(marks) for name in {*_HEADERS, *_names(parameters, "header")} - _CREDENTIALS}
        | {"Cookie": f"a={next(marks)}"},
        **body,
    }


def _names(parameters: list[dict[str, Any]], place: str) -> list[str]:
    return [item["name"] for item in parameters if item["in"] == place]


def _marked(document: dict[str, Any], schema: dict[str, Any], marks: Iterator[str], depth: int = 0) -> Any:
    """A value of the schema's shape whose every leaf is a mark."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for alternatives in ("anyOf", "oneOf", "allOf"):
        if alternatives in schema:
            schema = schema[alternatives][0]
            return _marked(document, schema, marks, depth + 1)
    if depth < 4 and schema.get("properties"):
        return {name: _marked(document, item, marks, depth + 1) for name, item in schema["properties"].items()}
    if depth < 4 and schema.get("type") == "array":
        return [_marked(document, schema.get("items", {}), marks, depth + 1)]
    return next(marks)


def all_marks() -> Iterator[str]:
    """Every mark, again and again."""
    return cycle(MARKS)


def databases(demo: Demo) -> Iterator[tuple[str, bytes]]:
    """Every row of every table of every database."""
    with demo.superuser("postgres") as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
    for (name,) in names:
        with demo.superuser(name) as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            for schema, table in tables:
                statement = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
                with connection.cursor().copy(statement) as copy:
                    yield f"{name}.{schema}.{table}", b"".join(bytes(block) for block in copy)


def topics(demo: Demo, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Key and value of every message, read with the password of audit's worker, which reads every topic."""
    environment = environment_of(demo.var / "run" / "env" / "audit-worker.env")
    assert environment is not None
    settings = KafkaSettings(
        kafka_bootstrap=environment["AUDIT_KAFKA_BOOTSTRAP"],
        kafka_username=environment["AUDIT_KAFKA_USERNAME"],
        kafka_password=SecretStr(environment["AUDIT_KAFKA_PASSWORD"]),
        kafka_ca_file=Path(environment["AUDIT_KAFKA_CA_FILE"]),
        registry_url=environment["AUDIT_REGISTRY_URL"],
    )
    for name in names:
        client = kafka.consumer(settings, "audit")
        try:
            messages = read_topic(client, name, within_s=60)
        finally:
            client.close()
        yield name, b"\n".join(message.key.encode() + b" " + message.value for message in messages)


def cache(demo: Demo) -> Iterator[tuple[str, bytes]]:
    """Every key of Redis and what it holds."""
    client = redis.Redis.from_url(demo.stack["redis"]["url"], ssl_ca_certs=str(demo.pki("ca.pem")))
    readers: dict[Any, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    try:
        for key in client.scan_iter(count=1_000):
            kind = client.type(key)
            if kind != b"none":  # it ended meanwhile
                yield repr(key), repr((key, readers[kind](key))).encode()
    finally:
        client.close()


def files(demo: Demo, since: float) -> Iterator[tuple[str, bytes]]:
    """Logs and what else our processes leave, temporary files since an instant too; not the outside parties'."""
    for folder in ("logs", "run", "witness"):
        for path in sorted((demo.var / folder).rglob("*")):
            if path.is_file() and not path.name.partition(".")[0].endswith("-sim"):
                yield str(path.relative_to(demo.var)), path.read_bytes()
    for path in Path(tempfile.gettempdir()).iterdir():
        if path.is_file() and path.stat().st_mtime >= since and path.stat().st_size < _LARGEST_TEMPORARY:
            yield str(path), path.read_bytes()


def metrics(demo: Demo) -> Iterator[tuple[str, bytes]]:
    """The pages of metrics of our processes."""
    for name, port in demo.stack["internal_ports"].items():
        yield name, httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).content


def objects(demo: Demo) -> Iterator[tuple[str, bytes]]:
    """Every object but those of Bronze, which are encrypted copies of what distributors sent."""
    store = Store(demo)
    for bucket in store.client.list_buckets()["Buckets"]:
        if bucket["Name"] != BRONZE:
            for item in store.keys(bucket["Name"]):
                yield f"{bucket['Name']}/{item['Key']}", store.read(bucket["Name"], item["Key"])
