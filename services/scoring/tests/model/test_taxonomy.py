"""The taxonomy of reason codes: what its file may say."""

import hashlib

import pytest
from altscore_libs.testing import SCHEMAS
from altscore_scoring.model.taxonomy import FILE, Taxonomy, parse_taxonomy


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="code A names an unknown direction"):
        parse_taxonomy(b"A: {group: delay, direction: upwards, fact: [x > 1]}")


def test_codes_of_one_group_and_direction_keep_the_order_of_the_file() -> None:
    text = """
B: {group: delay, direction: positive, fact: [x > 2]}
C: {group: delay, direction: negative, fact: [x < 1]}
A: {group: delay, direction: positive, fact: [x > 1]}
"""
    taxonomy = parse_taxonomy(text.encode())
    assert taxonomy.codes == {("delay", "positive"): ("B", "A"), ("delay", "negative"): ("C",)}
    assert taxonomy.groups == ("delay",)


@pytest.mark.parametrize("fact", ["", ", fact: []", ", fact: [x is large]"])
def test_a_code_without_a_plain_fact_is_refused(fact: str) -> None:
    with pytest.raises(ValueError, match=r"fact|feature"):
        parse_taxonomy(f"A: {{group: delay, direction: positive{fact}}}".encode())


def test_every_group_can_speak_for_both_sides(taxonomy: Taxonomy) -> None:
    assert sum(len(codes) for codes in taxonomy.codes.values()) == 37
    assert {group for group, _ in taxonomy.codes} == set(taxonomy.groups)
    assert all((group, way) in taxonomy.codes for group in taxonomy.groups for way in ("positive", "negative"))


def test_a_comparison_stands_after_the_code_that_needs_none(taxonomy: Taxonomy) -> None:
    assert taxonomy.codes["volume", "negative"] == ("LOW_PURCHASE_VOLUME", "VOLUME_BELOW_LARGEST")
    assert taxonomy.codes["volume", "positive"] == ("HIGH_PURCHASE_VOLUME", "VOLUME_ABOVE_SMALLEST")


def test_the_taxonomy_s_digest_is_that_of_its_file(taxonomy: Taxonomy) -> None:
    assert taxonomy.digest == hashlib.sha256((SCHEMAS / FILE).read_bytes()).hexdigest()
    assert taxonomy.codes["delay", "positive"] == ("LOW_PAYMENT_DELAY",)
