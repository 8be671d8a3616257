"""What two parsers could read differently is refused."""

import json
from decimal import Decimal

import pytest
from altscore_libs.errors import InvalidRequest, PayloadTooLarge
from altscore_libs.strictjson import loads
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a":1}x',
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":1e-999}',
        b'{"a":' + b"9" * 65 + b"}",
        b'{"a":0.' + b"1" * 65 + b"}",
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_00 + b"]" * 100_00,
        b"[" * 33 + b"]" * 33,
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":"\x01"}',
    ],
)
def test_ambiguous_or_malformed_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        loads(body)


def test_a_body_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(PayloadTooLarge):
        loads(b"[" + b"0," * 40_000 + b"0]")


def test_fractions_are_decimals_so_money_is_never_a_float() -> None:
    assert loads(b'{"a":42000.10}') == {"a": Decimal("42000.10")}


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    assert loads(json.dumps({"a": "[" * 100}).encode()) == {"a": "[" * 100}


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_json)
def test_everything_else_is_read_as_the_standard_library_reads_it(value: object) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return
    assert loads(raw) == value
