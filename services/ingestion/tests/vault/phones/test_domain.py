"""Which phones are confirmed: the order in which ledgers of one request are decided."""

from altscore_ingestion.vault.phones.domain import LedgerPhone, confirm_phones


def test_a_ledger_that_was_confirmed_is_decided_before_a_new_one() -> None:
    new, old = LedgerPhone(b"a", "ret", b"2", is_confirmed=False), LedgerPhone(b"b", "ret", b"3", is_confirmed=True)
    assert confirm_phones([new, old], []) == {b"a": False, b"b": True}
