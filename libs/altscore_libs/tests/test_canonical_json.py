"""RFC 8785: one document has one sequence of bytes."""

import json
import math
import struct
from enum import StrEnum
from typing import Any, NamedTuple

import pytest
import rfc8785
from altscore_libs.canonical_json import canonical_json
from hypothesis import given, settings
from hypothesis import strategies as st

INTEGERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
# Where the two notations part: small and large exponents, whole numbers, negative zero.
MAGNITUDES = st.builds(lambda mantissa, power: mantissa * 10.0**power, st.floats(-10, 10), st.integers(-30, 30))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | MAGNITUDES | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner) | st.tuples(inner, inner),
)


class Colour(StrEnum):
    RED = "red"


class Pair(NamedTuple):
    first: int
    second: float


def test_canonical_bytes_do_not_depend_on_key_order() -> None:
    assert canonical_json({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}'


@given(VALUES)
@settings(deadline=None, max_examples=400)
def test_the_bytes_are_those_of_the_reference_library(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


# Appendix B of RFC 8785: the bits of a double, and how ECMAScript writes it.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_in_the_appendix_of_the_rfc(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json({"n": value}) == f'{{"n":{text}}}'.encode()


def test_names_are_ordered_by_their_utf_16_units() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_json(dict.fromkeys(names, 0)))) == ordered


def test_kinds_of_texts_numbers_and_lists_are_written_as_what_they_are() -> None:
    assert canonical_json({"c": Colour.RED, "p": Pair(1, 2.0)}) == b'{"c":"red","p":[1,2]}'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (math.nan, "not representable"),
        (math.inf, "not representable"),
        (-math.inf, "not representable"),
        (2**53, "safe integer"),
        (-(2**53), "safe integer"),
        ({1: 2}, "keys must be strings"),
        ({"a": object()}, "unsupported type"),
        (b"x", "unsupported type"),
        ("\ud800", "surrogates not allowed"),
        ({"\udfff": 1}, "surrogates not allowed"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        canonical_json([value])
