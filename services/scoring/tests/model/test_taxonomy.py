"""The taxonomy of reason codes: what its file may say."""

import hashlib

import pytest
from altscore_libs.testing import SCHEMAS
from altscore_scoring.model.taxonomy import FILE, Taxonomy, parse_taxonomy


@pytest.mark.parametrize(
    "text",
    [
        "A: {group: delay, direction: positive}\nB: {group: delay, direction: positive}",
        "A: {group: delay, direction: upwards}",
    ],
)
def test_a_taxonomy_with_a_doubled_or_unknown_direction_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="code"):
        parse_taxonomy(text.encode())


def test_the_taxonomy_s_digest_is_that_of_its_file(taxonomy: Taxonomy) -> None:
    assert taxonomy.digest == hashlib.sha256((SCHEMAS / FILE).read_bytes()).hexdigest()
    assert taxonomy.codes["delay", "positive"] == "LOW_PAYMENT_DELAY"
