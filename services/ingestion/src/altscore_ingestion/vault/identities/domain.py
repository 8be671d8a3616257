"""Which retailer a ledger belongs to: a GSTIN merges, a phone never does. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from altscore_libs.identifiers import Gstin, Phone

GstStatus = Literal["verified", "invalid", "absent"]


@dataclass(frozen=True)
class LedgerClaim:
    """What a distributor says about one ledger; texts are not checked yet."""

    retailer_ref: str
    gst: str | None
    phone: str | None
    shop_name: str | None

    def __repr__(self) -> str:
        return "LedgerClaim(***)"


@dataclass(frozen=True)
class StoredIdentity:
    """What ingestion may know of a ledger."""

    retailer_ref: str
    subject_token: bytes
    encrypted_identity: bytes
    gst_status: str

    def __repr__(self) -> str:
        return f"StoredIdentity({self.subject_token.hex()})"


class StoredIdentities(NamedTuple):
    """The answer to a request: what was stored, and the references of ledgers that are refused, by why."""

    identities: list[StoredIdentity]
    erased_refs: list[str]
    not_intact_refs: list[str]


@dataclass(frozen=True)
class Ledger:
    """One ledger of one distributor, as stored."""

    subject_token: bytes
    distributor_id: str
    retailer_id: str
    encrypted_identity: bytes
    gst_status: str
    gst_digest: bytes | None
    phone_token: bytes | None
    name_digest: bytes | None
    is_phone_confirmed: bool = False

    def says_the_same_as(self, other: "Ledger") -> bool:
        """Whether identity and retailer are the same, so that the stored ciphertext still holds."""
        return (self.retailer_id, self.gst_digest, self.phone_token, self.name_digest) == (
            other.retailer_id,
            other.gst_digest,
            other.phone_token,
            other.name_digest,
        )


@dataclass(frozen=True)
class Retailer:
    """A retailer: id, token and state of its verified GSTIN, wrapped data key, and what it is an alias of."""

    retailer_id: str
    gst_token: bytes | None
    wrapped_data_key: bytes
    gst_state: str | None = None
    alias_of: str | None = None
    alias_phone_token: bytes | None = None


class Alias(NamedTuple):
    """A retailer that turned out to be another one, and the phone that was confirmed for it until then."""

    retailer_id: str
    alias_of: str
    phone_token: bytes | None


class TokenMapping(NamedTuple):
    """A token and its retailer; `gst_state` are the two digits with which its verified GSTIN begins, where known."""

    subject_token: bytes
    retailer_id: str
    is_gst_verified: bool
    gst_state: str | None


@dataclass(frozen=True)
class CheckedClaim:
    """A claim with checked fields and its tokens; fields that the distributor left out are None."""

    retailer_ref: str
    subject_token: bytes
    gst_token: bytes | None
    phone_token: bytes | None
    gst: Gstin | None
    phone: Phone | None
    shop_name: str | None
    is_gst_invalid: bool

    def __repr__(self) -> str:
        return f"CheckedClaim({self.subject_token.hex()})"

    @property
    def gst_state(self) -> str | None:
        """State or territory of a verified GSTIN: its first two digits, which many thousand shops share."""
        return self.gst.get_secret_value()[:2] if self.gst else None

    def without_facts(self) -> "CheckedClaim":
        """The ledger alone, as if its distributor had said nothing about it."""
        return CheckedClaim(
            retailer_ref=self.retailer_ref,
            subject_token=self.subject_token,
            gst_token=None,
            phone_token=None,
            gst=None,
            phone=None,
            shop_name=None,
            is_gst_invalid=False,
        )


@dataclass
class Directory:
    """What is known before a request, and, while it is planned, also what it changes.

    Attributes:
        retailer_of: retailer by subject token.
        gst_token_of: GST token by retailer, None where it has no verified GSTIN.
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


def plan(claims: Sequence[CheckedClaim], known: Directory, new_retailer_id: Callable[[], str]) -> Plan:
    """Decides for every claim which retailer its ledger belongs to.

    * A new ledger belongs to the owner of its verified GSTIN, else to a new retailer.
    * A known ledger without GSTIN that now shows one: nobody owns it, so its retailer gains it; or somebody does, so
      the ledger moves there and the losing id becomes an alias (its consents do not move: decision 64).
    * A known ledger with another GSTIN than before moves; both ids stay, each with its own GSTIN.

    Args:
        claims: one per ledger.
        known: the directory; it is updated as the plan grows, so that claims of one request see each other.
        new_retailer_id: source of ids.
    """
    result = Plan()
    for claim in claims:
        before = known.retailer_of.get(claim.subject_token)
        owner = known.owner_of.get(claim.gst_token) if claim.gst_token else None
        if before is None:
            target = owner or _create(result, known, gst_token=claim.gst_token, retailer_id=new_retailer_id())
        elif claim.gst_token is None or known.gst_token_of[before] == claim.gst_token:
            target = before
        elif known.gst_token_of[before] is not None:
            target = owner or _create(result, known, gst_token=claim.gst_token, retailer_id=new_retailer_id())
        elif owner is None:
            target = before
            _gain(result, known, gst_token=claim.gst_token, retailer_id=before)
        else:
            target = owner
            result.aliases[before] = owner
        known.retailer_of[claim.subject_token] = target
        result.targets[claim.subject_token] = target
    return result


def _create(plan: Plan, known: Directory, *, gst_token: bytes | None, retailer_id: str) -> str:
    plan.created[retailer_id] = gst_token
    known.gst_token_of[retailer_id] = gst_token
    if gst_token is not None:
        known.owner_of[gst_token] = retailer_id
    return retailer_id


def _gain(plan: Plan, known: Directory, *, gst_token: bytes, retailer_id: str) -> None:
    if retailer_id in plan.created:
        plan.created[retailer_id] = gst_token
    else:
        plan.gained[retailer_id] = gst_token
    known.gst_token_of[retailer_id] = gst_token
    known.owner_of[gst_token] = retailer_id


def aliases(plan: Plan, before: Mapping[bytes, Ledger]) -> list[Alias]:
    """The retailers that a plan makes aliases, each with the confirmed phone of the ledger that it had."""
    phone_of = {ledger.retailer_id: ledger.phone_token for ledger in before.values() if ledger.is_phone_confirmed}
    return [Alias(retailer_id, winner, phone_of.get(retailer_id)) for retailer_id, winner in plan.aliases.items()]


def gst_status(claim: CheckedClaim, gst_token_of: Mapping[str, bytes | None], retailer_id: str) -> GstStatus:
    """Whether the ledger's retailer has a verified GSTIN; a wrong one does not take a verified one away."""
    if gst_token_of[retailer_id] is not None:
        return "verified"
    return "invalid" if claim.is_gst_invalid else "absent"
