"""What the ledgers hold, kept apart from what is served, for comparison at the end."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from simulators_ledger.bronze import monthly_totals
from simulators_ledger.model import BEHAVIOURS, NONE, Ledger
from simulators_ledger.oddities import TRAITS, Oddities


def totals(ledger: Ledger) -> dict[str, Any]:
    """Counts and sums of one ledger; cancelled invoices apart, corrected ones at their last amount."""
    inv, pay, ret = ledger.invoices, ledger.payments, ledger.returns
    alive = ~inv.is_cancelled
    good = ~pay.is_bounced
    by_month = [
        *monthly_totals("invoices", ledger, days=inv.day[alive], paise=inv.paise[alive]),
        *monthly_totals("payments", ledger, days=pay.day[good], paise=pay.paise[good]),
        *monthly_totals("returns", ledger, days=ret.day, paise=ret.paise),
    ]
    return {
        "distributor_id": ledger.distributor_id,
        "retailers": int(np.unique(inv.retailer).size),
        "invoices": int(alive.sum()),
        "invoices_inr": _text(inv.paise[alive]),
        "cancelled": int(inv.is_cancelled.sum()),
        "corrected": int((inv.first_paise != NONE).sum()),
        "payment_lines": int(good.sum()),
        "payments_inr": _text(pay.paise[good]),
        "bounced_lines": int(pay.is_bounced.sum()),
        "on_account_lines": int((pay.invoice == NONE).sum()),
        "returns": int(ret.day.size),
        "returns_inr": _text(ret.paise),
        "ends_on": ledger.end_on.isoformat(),
        "reversed_lines": int(pay.is_reversal.sum()),
        "write_offs": int(ret.is_write_off.sum()),
        "write_offs_inr": _text(ret.paise[ret.is_write_off]),
        "by_month": by_month,
    }


def _text(paise: Any) -> str:
    total = int(paise.sum())
    return f"{total // 100}.{total % 100:02d}"


def oddities_of(ledgers: Sequence[Ledger], oddities: Oddities, *, names: Sequence[str | int]) -> dict[str, Any]:
    """Shares that were asked for, who has what and since when, and whose bills were written off.

    Args:
        ledgers: of one population.
        oddities: of that population.
        names: what stands for each retailer, by its number.
    """
    population = ledgers[0].population
    traits, firsts = population.traits, [str(day)[:7] for day in _first_days(ledgers[0])]
    listed = {name: traits.of(name).tolist() for name in TRAITS}
    written_off = {
        int(ledger.members[retailer])
        for ledger in ledgers
        for retailer in ledger.returns.retailer[ledger.returns.is_write_off].tolist()
    }
    return {
        "shares": asdict(oddities),
        "retailers": {name: [names[number] for number in numbers] for name, numbers in listed.items()},
        "from_month": {
            str(names[number]): firsts[int(traits.from_month[number])]
            for numbers in listed.values()
            for number in numbers
        },
        "written_off": [names[number] for number in sorted(written_off)],
        "districts": {str(name): number for name, number in zip(names, population.districts.tolist(), strict=False)},
    }


def _first_days(ledger: Ledger) -> list[Any]:
    return [ledger.on(day) for day in ledger.population.month_starts.tolist()]


def retailers(ledger: Ledger) -> list[dict[str, Any]]:
    """One line per retailer with what a test or the demo wants to look up."""
    counts = np.bincount(ledger.invoices.retailer, minlength=ledger.members.size)
    lines = []
    for i, person in enumerate(ledger.members.tolist()):
        shop = ledger.population.shops[person]
        lines.append(
            {
                "number": person,
                "party": shop.name,
                "gstin": shop.gstin,
                "gst_status": shop.gst_status,
                "phone": shop.phone,
                "reply": shop.reply,
                "language": shop.language,
                "district": shop.district,
                "state_code": shop.gstin[:2] if shop.gstin else None,
                "behaviour": BEHAVIOURS[int(ledger.population.behaviour[person])],
                "invoices": int(counts[i]),
            }
        )
    return lines


def personas(ledgers: list[Ledger]) -> dict[str, dict[str, str]]:
    """Phone (E.164 digits) to what its owner answers, for the WhatsApp simulator."""
    shops = {
        shop.phone: shop
        for ledger in ledgers
        for person in ledger.members.tolist()
        for shop in [ledger.population.shops[person]]
    }
    return {
        f"91{phone}": {"behaviour": shop.reply, "language": shop.language}
        for phone, shop in sorted(shops.items(), key=str)
        if phone
    }


def write_json(path: Path, value: Any) -> None:
    """Writes readable JSON, keys in the order given."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
