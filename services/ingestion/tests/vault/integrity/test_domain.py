"""A MAC holds over exactly the row that it was made for."""

from typing import Any

from altscore_ingestion.vault.integrity.domain import LEDGER_FIELDS, RowMacs, RowVerifier
from hypothesis import given, settings
from hypothesis import strategies as st

MACS = RowMacs(b"k" * 32)
TOKENS = st.none() | st.binary(min_size=0, max_size=4)
TEXTS = st.text(max_size=4)
ROWS = st.fixed_dictionaries(
    {
        "subject_token": st.binary(max_size=4),
        "distributor_id": TEXTS,
        "retailer_id": TEXTS,
        "gst_status": TEXTS,
        "phone_token": TOKENS,
        "is_phone_confirmed": st.booleans(),
    }
)


@settings(deadline=None, max_examples=300)
@given(row=ROWS, other=ROWS)
def test_two_rows_have_one_mac_only_where_they_are_equal(row: dict[str, Any], other: dict[str, Any]) -> None:
    assert (MACS.ledger(row) == MACS.ledger(other)) == (row == other)
    verifier = RowVerifier(MACS)
    assert verifier.ledger(other | {"row_mac": MACS.ledger(row)}) == (row == other)
    assert len(verifier.refused) == (row != other)


@settings(deadline=None, max_examples=100)
@given(row=ROWS, name=st.sampled_from(LEDGER_FIELDS))
def test_every_column_is_under_the_mac(row: dict[str, Any], name: str) -> None:
    value = row[name]
    changed = (
        not value if isinstance(value, bool) else (value or b"") + b"x" if not isinstance(value, str) else f"{value}x"
    )
    assert MACS.ledger(row | {name: changed}) != MACS.ledger(row)


def test_arrays_of_a_merger_do_not_run_into_each_other() -> None:
    row = {
        "losing_id": "a",
        "winning_id": "b",
        "subject_tokens": [b"1", b"2"],
        "phones": [None, b"3"],
        "are_confirmed": [True, False],
        "gst_statuses": ["absent", "verified"],
    }
    for name, moved in {
        "subject_tokens": [b"12"],
        "phones": [b"3", None],
        "are_confirmed": [False, True],
        "gst_statuses": ["absentverified"],
    }.items():
        assert MACS.merger(row | {name: moved}) != MACS.merger(row), name


def test_a_mac_of_another_table_or_key_does_not_hold() -> None:
    row: dict[str, Any] = {**dict.fromkeys(LEDGER_FIELDS), "retailer_id": "r"}
    for mac in (RowMacs(b"x" * 32).ledger(row), b"", None):
        assert not RowVerifier(MACS).ledger(row | {"row_mac": mac})
