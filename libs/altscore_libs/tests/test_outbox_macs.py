"""The MAC of an outbox row holds for that row, of that producer, and for nothing else."""

from uuid import UUID

import pytest
from altscore_libs.outbox_macs import RowMacs
from hypothesis import given, settings
from hypothesis import strategies as st

KEY, OTHER = b"k" * 32, b"o" * 32
ROW = {"event_id": UUID(int=1), "name": "audit_event", "topic": "altscore.audit", "key": "webhook", "payload": b"p"}


def test_a_mac_holds_for_its_row_and_for_no_changed_one() -> None:
    macs = RowMacs("consent", [KEY])
    mac = macs.of(**ROW)  # type: ignore[arg-type]
    assert macs.holds(mac, **ROW)  # type: ignore[arg-type]
    for change in ({"event_id": UUID(int=2)}, {"name": "n"}, {"topic": "t"}, {"key": "k"}, {"payload": b"q"}):
        assert not macs.holds(mac, **(ROW | change))  # type: ignore[arg-type]
    assert not macs.holds(None, **ROW)  # type: ignore[arg-type]


def test_a_mac_of_another_producer_or_secret_does_not_hold() -> None:
    mac = RowMacs("consent", [KEY]).of(**ROW)  # type: ignore[arg-type]
    assert not RowMacs("webhook", [KEY]).holds(mac, **ROW)  # type: ignore[arg-type]
    assert not RowMacs("consent", [OTHER]).holds(mac, **ROW)  # type: ignore[arg-type]


def test_during_a_rotation_rows_of_both_secrets_are_taken() -> None:
    former, current = RowMacs("consent", [OTHER]), RowMacs("consent", [KEY, OTHER])
    assert current.holds(former.of(**ROW), **ROW)  # type: ignore[arg-type]
    assert RowMacs("consent", [KEY]).holds(current.of(**ROW), **ROW)  # type: ignore[arg-type]


TEXTS = st.tuples(st.text(max_size=4), st.text(max_size=4), st.text(max_size=4), st.binary(max_size=4))


@settings(deadline=None, max_examples=200)
@given(TEXTS, TEXTS)
def test_no_two_rows_have_one_mac(first: tuple[str, str, str, bytes], second: tuple[str, str, str, bytes]) -> None:
    macs = RowMacs("consent", [KEY])
    values = [
        macs.of(UUID(int=1), name, topic=topic, key=key, payload=payload)
        for name, topic, key, payload in (first, second)
    ]
    assert (values[0] == values[1]) == (first == second)


@pytest.mark.parametrize("secrets", [[], [b"short"], [KEY, b"short"]])
def test_a_missing_or_short_secret_is_refused(secrets: list[bytes]) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        RowMacs("consent", secrets)
