"""Rows of Silver as the oracle has them, by their keys."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from oracle.settlement import AccountState

Row = dict[str, object]
ALLOCATION_KEY = ("retailer_id", "distributor_id", "invoice_id", "source", "source_id", "line_no", "method")
INVOICE_KEY = ("retailer_id", "distributor_id", "invoice_id")


def rupees(paise: int) -> Decimal:
    """Exactly."""
    return Decimal(paise).scaleb(-2)


def allocation_rows(
    states: Mapping[str, Sequence[AccountState]], id_of: Callable[[str], str]
) -> dict[tuple[object, ...], Row]:
    """silver_allocation."""
    return {
        (
            id_of(state.account.retailer),
            state.account.distributor,
            *(part.invoice_id, part.source, part.key, part.line, part.method),
        ): {
            "allocated_on": part.allocated_on,
            "amount_inr": rupees(part.paise),
            "is_write_off": part in settled.write_offs,
        }
        for state in _all(states)
        for settled in state.invoices
        for part in settled.parts
    }


def invoice_rows(
    states: Mapping[str, Sequence[AccountState]], id_of: Callable[[str], str]
) -> dict[tuple[object, ...], Row]:
    """silver_invoice, without the record that an invoice comes from."""
    return {
        (id_of(state.account.retailer), state.account.distributor, settled.invoice.key): {
            "bill_ref": settled.invoice.bill_ref,
            "invoice_on": settled.invoice.on,
            "due_on": settled.due_on,
            "due_on_source": settled.invoice.due_source,
            "amount_inr": rupees(settled.invoice.paise),
            "amount_capped_inr": rupees(settled.capped),
            "returned_inr": rupees(settled.returned),
            "written_off_inr": rupees(settled.written_off),
            "paid_inr": rupees(settled.paid),
            "open_inr": rupees(settled.open),
            "settled_on": settled.settled_on,
            "account_as_of_on": state.account.now,
            "sku_category": settled.invoice.sku_category,
            "line_count": settled.invoice.line_count,
        }
        for state in _all(states)
        for settled in state.invoices
    }


def _all(states: Mapping[str, Sequence[AccountState]]) -> Iterable[AccountState]:
    return (state for own in states.values() for state in own)
