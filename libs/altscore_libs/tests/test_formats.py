"""Bytes that are signed or stored, and the normal forms of texts and identifiers."""

import base64
import json
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

import pytest
from altscore_libs import envelope
from altscore_libs.canonical_json import canonical_digest, canonical_json
from altscore_libs.identifiers import Gstin, Phone, is_gstin, normal_gstin, parse_gstin, parse_phone
from altscore_libs.instants import INDIA, Precision, format_instant, last_day_before
from altscore_libs.text import comparison_text, display_text
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

GSTIN = "27AAACZ0000A1Z9"
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5.5))])
INSTANTS = st.datetimes(min_value=datetime(1970, 1, 2), timezones=ZONES)  # noqa: DTZ001  # hypothesis adds the zone


@given(at=INSTANTS)
def test_instants_are_the_bytes_that_records_always_held(at: datetime) -> None:
    utc = at.astimezone(UTC)
    assert format_instant(at, "seconds") == utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert format_instant(at, "microseconds") == utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert format_instant(at, "auto") == utc.isoformat().replace("+00:00", "Z")
    assert format_instant(at, "milliseconds") == utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(day=st.dates(min_value=date(2000, 1, 2)), zone=ZONES)
def test_an_end_at_midnight_in_india_covers_the_day_before_it(day: date, zone: tzinfo) -> None:
    midnight = datetime.combine(day, time(), tzinfo=INDIA).astimezone(zone)
    assert last_day_before(midnight) == day - timedelta(days=1)
    assert last_day_before(midnight + timedelta(microseconds=1)) == day


@pytest.mark.parametrize("precision", ["seconds", "microseconds", "auto"])
def test_an_instant_without_a_zone_is_refused(precision: Precision) -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_instant(datetime(2026, 5, 20), precision)  # noqa: DTZ001  # the very fault


def test_canonical_json_is_rfc_8785() -> None:
    """The example of RFC 8785, section 3.2.3, and its numbers."""
    value = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "1": "One", "\u0080": "Control", "\u00f6": "o with dots"}
    assert list(json.loads(canonical_json(value))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac"]
    assert canonical_json([56.0, 1e30, 4.50, 2e-3, -0.0]) == b"[56,1e+30,4.5,0.002,0]"
    assert canonical_json({"b": "न", "a": None}) == '{"a":null,"b":"न"}'.encode()
    assert canonical_digest({}).hex() == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    with pytest.raises(ValueError, match=r"nan|float"):
        canonical_json(float("nan"))


@given(plaintext=st.binary(max_size=200), context=st.binary(max_size=20))
def test_an_envelope_is_nonce_and_ciphertext_bound_to_its_context(plaintext: bytes, context: bytes) -> None:
    key = envelope.new_key()
    encrypted = envelope.encrypt(key, plaintext, context=context)
    assert AESGCM(key).decrypt(encrypted[:12], encrypted[12:], context) == plaintext
    assert envelope.decrypt(key, encrypted, context=context) == plaintext
    for wrong in (
        (envelope.new_key(), encrypted, context),
        (key, encrypted, context + b"x"),
        (key, encrypted[:-1] + bytes([encrypted[-1] ^ 1]), context),
        (key, encrypted[:20], context),
        (key, b"", context),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # too short is another sentence than changed
            envelope.decrypt(wrong[0], wrong[1], context=wrong[2])


def test_a_stored_envelope_still_decrypts() -> None:
    stored = base64.b64decode("AAECAwQFBgcICQoL") + AESGCM(b"k" * 32).encrypt(bytes(range(12)), b"stored", b"batch_1")
    assert envelope.decrypt(b"k" * 32, stored, context=b"batch_1") == b"stored"
    with pytest.raises(ValueError, match="32 bytes"):
        envelope.encrypt(b"k" * 16, b"", context=b"")


@pytest.mark.parametrize(
    ("text", "shown", "compared"),
    [
        ("  HAAN\u200b ", "  HAAN\u200b ", "haan"),
        ("Sh\u202eop\x00", "Shop", "shop"),
        ("a\tb\r\nc", "a b c", "a b c"),
        ("\uff28\uff21\uff21\uff2e", "\uff28\uff21\uff21\uff2e", "haan"),
        ("STRASSE", "STRASSE", "strasse"),
        ("Straße", "Straße", "strasse"),
        ("\u0928\u094d\u200d", "\u0928\u094d\u200d", "\u0928\u094d"),
        ("e\u0301", "\u00e9", "\u00e9"),
        ("\u2067x\u2069\u00ad", "x\u00ad", "x"),
    ],
)
def test_text_has_a_form_to_show_and_a_form_to_compare_by(text: str, shown: str, compared: str) -> None:
    assert display_text(text) == shown
    assert comparison_text(text) == compared


@given(text=st.text())
def test_the_comparison_form_is_stable(text: str) -> None:
    assert comparison_text(comparison_text(text)) == comparison_text(text)
    assert display_text(display_text(text)) == display_text(text)


def test_identifiers_are_read_in_one_normal_form() -> None:
    assert is_gstin(GSTIN)
    assert not is_gstin(GSTIN.lower())
    assert not is_gstin(GSTIN[:-1] + "0")
    spellings = [GSTIN.lower(), f" {GSTIN[:2]}-{GSTIN[2:]}\u200b", GSTIN.replace("0", "\uff10"), f"\ufeff{GSTIN}"]
    assert {parse_gstin(text) for text in spellings} == {Gstin(GSTIN)}
    assert normal_gstin(GSTIN[:-1] + "0") == GSTIN[:-1] + "0"
    assert parse_gstin(GSTIN[:-1] + "0") is None
    numbers = ["98765 43210", "+91 (98765) 43210", "0091-9876543210", "09876543210", "\u200e9876543210"]
    assert {parse_phone(text) for text in numbers} == {Phone("919876543210")}
    assert [parse_phone(text) for text in (None, "", "1234567890", "98765432100")] == [None] * 4


@pytest.mark.parametrize("secret", [Gstin(GSTIN), Phone("919876543210")], ids=["gstin", "phone"])
def test_identifiers_never_show_themselves(secret: Gstin | Phone) -> None:
    shown = f"{secret} {secret!r} {secret:>3} {[secret]} {json.dumps({'x': secret}, default=str)}"
    assert secret.get_secret_value() not in shown
    assert len({secret, type(secret)(secret.get_secret_value())}) == 1
    with pytest.raises(TypeError):
        json.dumps(secret)
