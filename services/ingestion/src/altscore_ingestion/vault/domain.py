"""Which retailer a ledger belongs to. A GSTIN merges, a phone never does. No I/O."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from altscore_ingestion.identifiers import Gst, Phone

GstStatus = Literal["verified", "invalid", "absent"]


@dataclass(frozen=True)
class Claim:
    """What a distributor says about one ledger, with its tokens; fields that he left out are None."""

    retailer_ref: str
    subject_token: bytes
    gst_token: bytes | None
    phone_token: bytes | None
    gst: Gst | None
    phone: Phone | None
    shop_name: str | None
    is_gst_invalid: bool

    def __repr__(self) -> str:
        return f"Claim({self.subject_token.hex()})"


@dataclass
class Directory:
    """What is known before a request, and, while it is planned, also what it changes.

    Attributes:
        retailer_of: retailer by subject token.
        gst_token_of: GST token by retailer, None where he has no verified GSTIN.
        owner_of: retailer by GST token.
    """

    retailer_of: dict[bytes, str]
    gst_token_of: dict[str, bytes | None]
    owner_of: dict[bytes, str]


@dataclass
class Plan:
    """What a request changes.

    Attributes:
        targets: retailer by subject token, for every claim.
        created: GST token by new retailer.
        gained: GST token by known retailer that had none.
        aliases: the retailer that another one turned out to be, by the losing id.
    """

    targets: dict[bytes, str] = field(default_factory=dict)
    created: dict[str, bytes | None] = field(default_factory=dict)
    gained: dict[str, bytes] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)


def plan(claims: Sequence[Claim], known: Directory, new_retailer_id: Callable[[], str]) -> Plan:
    """Decides for every claim which retailer its ledger belongs to.

    * A new ledger belongs to the owner of its verified GSTIN, else to a new retailer.
    * A known ledger without GSTIN that now shows one: nobody owns it, so its retailer gains it; or somebody does, so
      the ledger moves to him and the losing id becomes his alias (its consents do not move: decisions 64).
    * A known ledger with another GSTIN than before moves; both ids stay, each with its own GSTIN.

    Args:
        claims: one per ledger.
        known: the directory; it is updated as the plan grows, so that claims of one request see each other.
        new_retailer_id: source of ids.
    """
    made = Plan()
    for claim in claims:
        before = known.retailer_of.get(claim.subject_token)
        owner = known.owner_of.get(claim.gst_token) if claim.gst_token else None
        if before is None:
            target = owner or _create(made, known, claim.gst_token, new_retailer_id())
        elif claim.gst_token is None or known.gst_token_of[before] == claim.gst_token:
            target = before
        elif known.gst_token_of[before] is not None:
            target = owner or _create(made, known, claim.gst_token, new_retailer_id())
        elif owner is None:
            target = before
            _gain(made, known, before, claim.gst_token)
        else:
            target = owner
            made.aliases[before] = owner
        known.retailer_of[claim.subject_token] = target
        made.targets[claim.subject_token] = target
    return made


def _create(made: Plan, known: Directory, gst_token: bytes | None, retailer_id: str) -> str:
    made.created[retailer_id] = gst_token
    known.gst_token_of[retailer_id] = gst_token
    if gst_token is not None:
        known.owner_of[gst_token] = retailer_id
    return retailer_id


def _gain(made: Plan, known: Directory, retailer_id: str, gst_token: bytes) -> None:
    if retailer_id in made.created:
        made.created[retailer_id] = gst_token
    else:
        made.gained[retailer_id] = gst_token
    known.gst_token_of[retailer_id] = gst_token
    known.owner_of[gst_token] = retailer_id


def gst_status(claim: Claim, gst_token_of: Mapping[str, bytes | None], retailer_id: str) -> GstStatus:
    """Whether the ledger's retailer has a verified GSTIN; a wrong one does not take a verified one away."""
    if gst_token_of[retailer_id] is not None:
        return "verified"
    return "invalid" if claim.is_gst_invalid else "absent"


class LedgerPhone(NamedTuple):
    """The phone that one ledger shows for its retailer."""

    subject_token: bytes
    retailer_id: str
    phone_token: bytes
    is_confirmed: bool


def confirm_phones(changed: Iterable[LedgerPhone], unchanged: Iterable[LedgerPhone]) -> dict[bytes, bool]:
    """Decides which phones are confirmed (decision 89).

    A phone is confirmed when the retailer has no other confirmed phone in another ledger, or already has this very one.
    So a ledger may correct its own phone, while a second ledger's phone waits for the standing one or for ops.

    Args:
        changed: ledgers whose phone or retailer is new; `is_confirmed` says whether this ledger's phone of the same
            retailer was confirmed before: such a ledger is decided first.
        unchanged: all other ledgers of these retailers that show a phone.

    Returns:
        By subject token: every changed ledger, and unchanged ones that show a phone which has now become confirmed.
    """
    ledgers_of: dict[str, list[LedgerPhone]] = {}
    for ledger in unchanged:
        ledgers_of.setdefault(ledger.retailer_id, []).append(ledger)
    decided: dict[bytes, bool] = {}
    for ledger in sorted(changed, key=lambda ledger: not ledger.is_confirmed):
        others = ledgers_of.setdefault(ledger.retailer_id, [])
        confirmed = {other.phone_token for other in others if other.is_confirmed}
        is_confirmed = not confirmed or ledger.phone_token in confirmed
        decided[ledger.subject_token] = is_confirmed
        others.append(ledger._replace(is_confirmed=is_confirmed))
        if is_confirmed:
            decided |= _promoted(others, ledger.phone_token)
    return decided


def _promoted(ledgers: list[LedgerPhone], phone_token: bytes) -> dict[bytes, bool]:
    """Confirms, in place, every ledger that shows this phone; returns those that were not confirmed."""
    promoted: dict[bytes, bool] = {}
    for index, ledger in enumerate(ledgers):
        if ledger.phone_token == phone_token and not ledger.is_confirmed:
            ledgers[index] = ledger._replace(is_confirmed=True)
            promoted[ledger.subject_token] = True
    return promoted
