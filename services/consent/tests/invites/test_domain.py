"""Rules of invites, without a database."""

from altscore_consent.invites.domain import may_ask_again


def test_a_chatting_retailer_is_asked_three_times_a_day_and_no_more() -> None:
    assert [may_ask_again(asked) for asked in range(5)] == [True, True, True, False, False]
