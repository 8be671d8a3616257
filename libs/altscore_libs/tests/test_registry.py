"""Schemas by id: what the registry cannot give is unknown for a while, and nobody's schema stops a consumer."""

import json

import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.registry import UNKNOWN_S, Registry, parsed_record

from .collector import registry_of

RECORD = '{"type": "record", "namespace": "altscore.x", "name": "Y", "fields": [{"name": "a", "type": "string"}]}'


class Monotonic:
    """Seconds that the test lets pass."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_an_unknown_id_is_asked_for_again_after_a_while_and_a_known_one_never() -> None:
    answers: dict[int, tuple[int, str]] = {}
    monotonic = Monotonic()
    with registry_of(answers) as (url, asked):
        registry = Registry(url, monotonic=monotonic)
        assert await registry.schema(7) is None
        answers[7] = (200, RECORD)
        assert await registry.schema(7) is None
        assert asked == [7]
        monotonic.now_s += UNKNOWN_S
        for _ in range(3):
            known = await registry.schema(7)
            assert known is not None
            assert known[0] == "altscore.x.Y"
        assert asked == [7, 7]


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_an_id_that_the_registry_refuses_is_unknown(status: int) -> None:
    with registry_of({7: (status, "")}) as (url, _):
        assert await Registry(url).schema(7) is None


async def test_a_registry_that_fails_is_waited_for() -> None:
    with registry_of({7: (500, "")}) as (url, _), pytest.raises(Unavailable):
        await Registry(url).schema(7)


async def test_the_cache_has_an_end() -> None:
    with registry_of({}) as (url, _):
        registry = Registry(url, most=20)
        for number in range(30):
            assert await registry.schema(number) is None
        assert len(registry._schemas) == 20


ENDLESS = {"type": "record", "name": "Y", "namespace": "altscore.x"}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        '"string"',
        '"null"',
        "7",
        "[]",
        '["null", "string"]',
        "{}",
        '{"type": "record"}',
        '{"type": "record", "name": "Y", "fields": 7}',
        '{"type": "record", "name": "Y", "fields": [{"name": "a", "type": "nothing"}]}',
        '{"type": "enum", "name": "E", "symbols": ["A"]}',
        '{"type": "array", "items": "string"}',
        "{" * 100_000,
        json.dumps(ENDLESS | {"fields": [{"name": "a", "type": {"type": "array", "items": "null"}}]}),
        json.dumps(
            ENDLESS
            | {
                "fields": [
                    {
                        "name": "a",
                        "type": [
                            "null",
                            {"type": "array", "items": {"type": "record", "name": "Z", "fields": []}},
                        ],
                    }
                ]
            }
        ),
    ],
    ids=lambda text: (text or "none")[:40],
)
def test_a_schema_of_no_record_or_without_end_is_unknown(text: str | None) -> None:
    assert parsed_record(text) is None


def test_every_schema_of_ours_is_known(catalogue: SchemaCatalog) -> None:
    assert catalogue.names()
    for name in catalogue.names():
        event = catalogue.type_of(name)
        known = parsed_record(event.raw_schema)
        assert known is not None
        assert known[0] == event.full_name
