"""Rules of the check, without a database."""

from altscore_consent.checks.domain import judge_check
from altscore_consent.grants.domain import StateStatus

from ..conftest import NOW, make_state


def test_a_check_without_purpose_takes_any_active_purpose() -> None:
    assert judge_check([make_state("trade_credit")], None, NOW).is_consented


def test_another_active_purpose_is_told_apart_from_no_consent() -> None:
    result = judge_check([make_state("trade_credit")], "term_loan", NOW)
    assert (result.is_consented, result.reason) == (False, "purpose")


def test_a_lender_never_named_gives_reason_none_and_version_zero() -> None:
    result = judge_check([], "term_loan", NOW)
    assert (result.is_consented, result.reason, result.version) == (False, "none", 0)


def test_an_expired_consent_is_no_consent_before_the_worker_has_seen_it() -> None:
    result = judge_check([make_state(expires_at=NOW)], "working_capital_loan", NOW)
    assert (result.is_consented, result.reason) == (False, "expired")


def test_a_revoked_consent_gives_reason_revoked_with_its_version() -> None:
    result = judge_check([make_state(status=StateStatus.REVOKED, ended_at=NOW)], "working_capital_loan", NOW)
    assert (result.is_consented, result.reason, result.version) == (False, "revoked", 3)
