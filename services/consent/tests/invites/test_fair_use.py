"""Fair-use templates: every purpose has one, within bounds."""

import pytest
from altscore_consent.invites.fair_use import FairUse
from altscore_consent.invites.notices import Notices

from ..conftest import LENDERS


def test_every_purpose_of_the_current_notice_has_a_template_within_sane_bounds() -> None:
    notices = Notices.load()
    shown = [
        notices.show(distributor_name="D", lender_scope=LENDERS, purpose=purpose, language=language)
        for purpose in notices.purposes
        for language in ("en", "hi")
    ]
    assert len(shown) == 8
    for purpose in notices.purposes:
        terms = FairUse.load().terms("1", purpose)
        assert terms.uses <= 3 * terms.period_days, "API §03 itself allows three a day"
        assert terms.validity_months <= 12
        assert terms.life_days <= 365


def test_a_template_in_another_unit_is_refused() -> None:
    odd = {"template": "X", "purpose_code": "1", "data_range": {"unit": "year", "value": 3}}
    with pytest.raises(ValueError, match="month"):
        FairUse({"1": {"p": odd}})
