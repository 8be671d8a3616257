"""The taxonomy of reason codes: what its file may say."""

import hashlib

import pytest
from altscore_libs.testing import SCHEMAS
from altscore_scoring.model.taxonomy import FILE, Taxonomy, parse_taxonomy


@pytest.mark.parametrize(
    "text",
    [
        "A: {group: delay, direction: positive, fact: [x > 1]}\nB: {group: delay, direction: positive, fact: [x > 1]}",
        "A: {group: delay, direction: upwards, fact: [x > 1]}",
    ],
)
def test_a_taxonomy_with_a_doubled_or_unknown_direction_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="code"):
        parse_taxonomy(text.encode())


@pytest.mark.parametrize("fact", ["", ", fact: []", ", fact: [x is large]"])
def test_a_code_without_a_plain_fact_is_refused(fact: str) -> None:
    with pytest.raises(ValueError, match=r"fact|feature"):
        parse_taxonomy(f"A: {{group: delay, direction: positive{fact}}}".encode())


def test_every_group_can_speak_for_both_sides_and_the_first_24_codes_keep_their_names(taxonomy: Taxonomy) -> None:
    assert len(taxonomy.codes) == 28
    assert {group for group, _ in taxonomy.codes} == set(taxonomy.groups)
    assert all((group, way) in taxonomy.codes for group in taxonomy.groups for way in ("positive", "negative"))
    added = {"FULL_PAYMENTS", "NO_ORDER_GAP", "LOW_PURCHASE_VOLUME", "NARROW_PRODUCT_MIX"}
    assert added <= set(taxonomy.codes.values())


def test_the_taxonomy_s_digest_is_that_of_its_file(taxonomy: Taxonomy) -> None:
    assert taxonomy.digest == hashlib.sha256((SCHEMAS / FILE).read_bytes()).hexdigest()
    assert taxonomy.codes["delay", "positive"] == "LOW_PAYMENT_DELAY"
