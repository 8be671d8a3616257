"""The sealed score record: its fields, its seal, and its words in two languages."""

import hashlib
from collections import OrderedDict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
import yaml
from altscore_libs.signer import PublicKeys

MIN_POSITIVE, MIN_NEGATIVE = 3, 2
SIGNING_KEY_LABEL = "score-seal"
_MAX_VERIFIED = 20_000


class ReasonCode(msgspec.Struct, frozen=True):
    """One reason, by the taxonomy's code."""

    code: str
    direction: Literal["positive", "negative"]
    rank: int


class Guardrail(msgspec.Struct, frozen=True):
    """A guardrail that intervened."""

    id: str
    action: Literal["capped", "flagged", "blocked"]
    reason: str


class ScoreRecord(msgspec.Struct, frozen=True):
    """What the scoring engine signed; fields of the contract between `scoring` and `score`."""

    score_id: str
    retailer_id: Annotated[str, msgspec.Meta(pattern=r"^ret_[0-9a-f]{16}$")]
    altscore: Annotated[int, msgspec.Meta(ge=300, le=900)]
    risk_band: Literal["A", "B", "C", "D"]
    probability_of_default: Decimal
    recommended_limit_inr: Annotated[int, msgspec.Meta(ge=0)]
    reason_codes: list[ReasonCode]
    guardrails: list[Guardrail]
    completeness: Decimal
    is_low_confidence_data: bool
    data_as_of_on: date
    score_version: str
    model_sha256: str
    taxonomy_digest: str
    guardrail_digest: str
    scored_at: Annotated[datetime, msgspec.Meta(tz=True)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


class SignedRecord(NamedTuple):
    """A record as it came, with the signature over its bytes."""

    record: str
    key_id: str
    seal: str


class SignatureInvalid(Exception):
    """The record is not what the scoring engine signed, or says less than the contract promises."""


class Label(NamedTuple):
    """A reason's words."""

    en: str
    hi: str


class Taxonomy:
    """The 24 reason codes with their directions and labels.

    Args:
        file: schemas/reference/reason_codes.yml.
    """

    def __init__(self, file: Path) -> None:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        self._labels = {code: Label(row["label_en"], row["label_hi"]) for code, row in found.items()}
        self._directions = {code: row["direction"] for code, row in found.items()}

    def label(self, code: str) -> Label:
        """Words of a code that explains() has accepted."""
        return self._labels[code]

    def explains(self, record: ScoreRecord) -> bool:
        """GR-3 at the door: known codes with their own direction, three for and two against at least."""
        if any(self._directions.get(one.code) != one.direction for one in record.reason_codes):
            return False
        positive = sum(one.direction == "positive" for one in record.reason_codes)
        return positive >= MIN_POSITIVE and len(record.reason_codes) - positive >= MIN_NEGATIVE


class SignatureVerifier:
    """Opens sealed records: verifies the signature once per record, then remembers its digest.

    Args:
        keys: public keys; only those of the label `score-seal` seal scores.
        taxonomy: what the record's codes must belong to.
    """

    def __init__(self, keys: PublicKeys, taxonomy: Taxonomy) -> None:
        self._keys = keys
        self._taxonomy = taxonomy
        self._verified: OrderedDict[bytes, ScoreRecord] = OrderedDict()
        self._decoder = msgspec.json.Decoder(ScoreRecord)

    def open(self, sealed: SignedRecord) -> ScoreRecord:
        """The record behind a seal.

        Raises:
            SignatureInvalid: signature, form or explanation fails.
        """
        raw = sealed.record.encode()
        remembered = hashlib.sha256(b"\0".join((raw, sealed.key_id.encode(), sealed.seal.encode()))).digest()
        if (known := self._verified.get(remembered)) is not None:
            self._verified.move_to_end(remembered)
            return known
        record = self._verify(raw, sealed)
        self._verified[remembered] = record
        if len(self._verified) > _MAX_VERIFIED:
            self._verified.popitem(last=False)
        return record

    def _verify(self, raw: bytes, sealed: SignedRecord) -> ScoreRecord:
        try:
            signature = bytes.fromhex(sealed.seal)
            record = self._decoder.decode(raw)
        except (ValueError, msgspec.MsgspecError) as error:
            raise SignatureInvalid(type(error).__name__) from error
        is_score_key = sealed.key_id.startswith(
            f"{SIGNING_KEY_LABEL}-"
        )  # consent and audit keys lie in the same folder
        if not is_score_key or not self._keys.verify(sealed.key_id, hashlib.sha256(raw).digest(), signature):
            raise SignatureInvalid("signature")
        if not self._taxonomy.explains(record):
            raise SignatureInvalid("reason codes")
        return record
