"""Eligibility EXISTING_DEFAULT: who is in default already, at the exact thresholds of decision 94."""

import math
from decimal import Decimal

import pytest
from altscore_scoring.guardrails.eligibility import EXISTING_DEFAULT, is_in_default
from hypothesis import given, settings
from hypothesis import strategies as st

PAISE = st.integers(0, 10**12)


def default(amount: str | Decimal, gmv: str | Decimal | None = "600000", recency: float = 10.0) -> bool | None:
    """The rule over a retailer who buys for 100,000 a month and bought ten days ago."""
    gmv_6m_inr = None if gmv is None else Decimal(gmv)
    return is_in_default(Decimal(amount), gmv_6m_inr=gmv_6m_inr, recency_days=recency)


@pytest.mark.parametrize(
    ("amount", "is_default"),
    [("0", False), ("0.01", False), ("59999.99", False), ("60000", True), ("60000.01", True), ("9e12", True)],
)
def test_a_tenth_of_six_months_purchases_open_for_more_than_90_days_is_a_default(amount: str, is_default: bool) -> None:
    assert default(amount) is is_default


@pytest.mark.parametrize(
    ("recency", "is_default"), [(90.0, False), (90.01, True), (91.0, True), (400.0, True), (math.nan, True)]
)
def test_of_a_retailer_who_bought_nothing_in_90_days_any_amount_is_a_default(recency: float, is_default: bool) -> None:
    assert default("0.01", recency=recency) is is_default
    assert default("0", recency=recency) is False


@pytest.mark.parametrize("gmv", ["0", "-5000", None])
def test_without_purchases_any_amount_is_a_default(gmv: str | None) -> None:
    assert default("0.01", gmv) is True
    assert default("0", gmv) is False


def test_the_rule_has_the_name_that_lenders_read() -> None:
    assert EXISTING_DEFAULT == "EXISTING_DEFAULT"


def test_an_unknown_amount_is_neither_a_default_nor_none() -> None:
    assert is_in_default(None, gmv_6m_inr=Decimal(600_000), recency_days=10.0) is None


@settings(deadline=None, max_examples=200)
@given(PAISE, PAISE, st.integers(0, 10**13))
def test_a_larger_amount_never_ends_a_default(less: int, more: int, gmv: int) -> None:
    less, more = sorted((less, more))
    purchases = Decimal(gmv) / 100
    assert default(Decimal(more) / 100, purchases) or not default(Decimal(less) / 100, purchases)


@settings(deadline=None, max_examples=200)
@given(PAISE, st.integers(0, 10**13))
def test_the_rule_is_exact_to_the_paisa(amount: int, gmv: int) -> None:
    assert default(Decimal(amount) / 100, Decimal(gmv) / 100) is (amount > 0 and 10 * amount >= gmv)
