"""The generated ledger as column tables; money is whole paise (int64), days count from `Ledger.start_on`."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

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
class Traits:
    """Which retailers have which oddity; nobody has two.

    Attributes:
        numbers: of the retailers, by name; those of `circular` stand in pairs.
        from_month: per retailer the month in which it begins, NONE for all others.
    """

    numbers: dict[str, Ints] = field(default_factory=dict)
    from_month: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def of(self, name: str) -> Ints:
        """Numbers of the retailers with this oddity."""
        return self.numbers.get(name, np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Latent:
    """What moves every retailer, at the end of each month: shape (retailers, months).

    Attributes:
        base: where the stress of a retailer comes back to.
        level: stress without a crisis.
        ramp: what a crisis adds.
        phase: calm, ramp, default or gone.
        left: months left of the phase.
        calm_rate: expected invoices of the month where the phase is calm.
    """

    base: Floats
    level: Floats
    ramp: Floats
    phase: Ints
    left: Ints
    calm_rate: Floats


@dataclass(frozen=True)
class Population:
    """Retailers with their latent course; of it only the truth beside a ledger tells, never the ledger.

    Attributes:
        districts: number of each retailer's district, empty where districts have no effect.
        traits: who has which oddity.
        latent: the state behind the stress.
    """

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
    latent: Latent
    shops: tuple[Shop, ...] = ()
    districts: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    traits: Traits = field(default_factory=Traits)

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
    """One entry per invoice.

    `first_paise` is what was written before a correction, else NONE; `entered_day` is later than `day` where the bill
    was dated back.
    """

    retailer: Ints
    day: Ints
    credit_days: Ints
    has_terms: Bools
    paise: Ints
    first_paise: Ints
    is_cancelled: Bools
    line_count: Ints
    entered_day: Ints


@dataclass(frozen=True)
class Payments:
    """One entry per line of a receipt; `invoice` is NONE on account.

    `is_bounced`: the money did not stay and went back on `back_day`, else NONE. `is_reversal`: it was entered twice.
    """

    retailer: Ints
    receipt: Ints
    line_no: Ints
    day: Ints
    invoice: Ints
    paise: Ints
    method: Ints
    is_bounced: Bools
    back_day: Ints
    is_reversal: Bools


@dataclass(frozen=True)
class Returns:
    """One entry per credit note.

    `names_invoice` says whether it names the invoice, `is_write_off` that no goods came back.
    """

    retailer: Ints
    day: Ints
    invoice: Ints
    names_invoice: Bools
    paise: Ints
    is_write_off: Bools


@dataclass(frozen=True)
class Ledger:
    """One distributor's ledger; `members` maps its retailers to the population.

    Attributes:
        late_days: how many days before the population's last day it ends.
        tells_bounce_days: whether the ERP says on which day money went back.
    """

    distributor_id: str
    population: Population
    members: Ints
    invoices: Invoices
    payments: Payments
    returns: Returns
    late_days: int = 0
    tells_bounce_days: bool = False

    @property
    def start_on(self) -> date:
        """First day of the ledger."""
        return self.population.start_on

    @property
    def last_day(self) -> int:
        """Number of the last day of the ledger."""
        return self.population.days - 1 - self.late_days

    @property
    def end_on(self) -> date:
        """Last day of the ledger."""
        return self.on(self.last_day)

    def on(self, day: int) -> date:
        """The calendar date of a day number."""
        return self.start_on + timedelta(days=int(day))

    def shop(self, retailer: int) -> Shop:
        """The retailer behind a number of this ledger."""
        return self.population.shops[int(self.members[retailer])]


def rupees(paise: int) -> Decimal:
    """Paise as Decimal rupees with two places."""
    return Decimal(int(paise)).scaleb(-2)
