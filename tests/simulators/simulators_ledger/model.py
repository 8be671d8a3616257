"""The generated ledger as column tables; money is whole paise (int64), days count from `Ledger.start_on`."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BEHAVIOURS = ("regular", "growing", "declining", "seasonal", "sparse", "new", "distressed", "thin")
METHODS = ("upi", "cash", "cheque", "neft")
NONE = -1


@dataclass(frozen=True)
class Shop:
    """One retailer as the distributors know it; every number belongs to nobody."""

    number: int
    name: str
    gstin: str | None
    gst_status: str
    phone: str | None
    district: str
    language: str
    reply: str


@dataclass(frozen=True)
class Population:
    """Retailers with their latent course; a latent value never leaves the generator."""

    start_on: date
    end_on: date
    month_starts: Ints
    behaviour: Ints
    stress: Floats
    withheld: Bools
    settles: Bools
    rate: Floats
    basket_inr: Floats
    regularity: Floats
    credit_days: Ints
    shops: tuple[Shop, ...] = ()

    @property
    def size(self) -> int:
        """Number of retailers."""
        return int(self.behaviour.size)

    @property
    def days(self) -> int:
        """Number of days of the ledger, both ends included."""
        return (self.end_on - self.start_on).days + 1


@dataclass(frozen=True)
class Invoices:
    """One entry per invoice; `first_paise` is what was written before a correction, else NONE."""

    retailer: Ints
    day: Ints
    credit_days: Ints
    has_terms: Bools
    paise: Ints
    first_paise: Ints
    is_cancelled: Bools
    line_count: Ints


@dataclass(frozen=True)
class Payments:
    """One entry per line of a receipt; `invoice` is NONE on account."""

    retailer: Ints
    receipt: Ints
    line_no: Ints
    day: Ints
    invoice: Ints
    paise: Ints
    method: Ints
    is_bounced: Bools


@dataclass(frozen=True)
class Returns:
    """One entry per credit note; `names_invoice` says whether it names the invoice."""

    retailer: Ints
    day: Ints
    invoice: Ints
    names_invoice: Bools
    paise: Ints


@dataclass(frozen=True)
class Ledger:
    """One distributor's ledger; `members` maps its retailers to the population."""

    distributor_id: str
    population: Population
    members: Ints
    invoices: Invoices
    payments: Payments
    returns: Returns
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def start_on(self) -> date:
        """First day of the ledger."""
        return self.population.start_on

    def on(self, day: int) -> date:
        """The calendar date of a day number."""
        return self.start_on + timedelta(days=int(day))

    def shop(self, retailer: int) -> Shop:
        """The retailer behind a number of this ledger."""
        return self.population.shops[int(self.members[retailer])]


def rupees(paise: int) -> Decimal:
    """Paise as Decimal rupees with two places."""
    return Decimal(int(paise)).scaleb(-2)
