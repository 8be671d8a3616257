"""Names, GSTINs and phones that belong to nobody, and what the retailer will answer on WhatsApp."""

import numpy as np

from simulators_ledger.model import Shop

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OWNERS = (
    "Shree Ganesh", "Jai Ambe", "Balaji", "Sai", "Om", "Mahalaxmi", "Krishna", "Annapurna", "New Bharat",
    "Laxmi Narayan", "Café Naïve", "Durga", "Sri Venkateswara", "Al Madina", "Gurukripa", "Royal", "Janta", "Apna",
    "Pooja", "Vandana", "श्री गणेश", "जय अंबे", "नमस्ते", "महालक्ष्मी", "Ram & Sons", "R.K.",
    "Nav Durga", "Shivam", "Tirupati", "Hari Om",
)  # fmt: skip
_TRADES = (
    "Kirana", "General Stores", "Traders", "Provision Store", "Super Mart", "Enterprises", "Agencies",
    "Medical & General", "Bhandar", "ट्रेडर्स", "किराना", "Sweets, Namkeen", 'Stores "Main"', "Mini Mart",
)  # fmt: skip
DISTRICTS = (
    ("27", "Pune"), ("27", "Nashik"), ("24", "Surat"), ("24", "Rajkot"), ("09", "Kanpur"), ("09", "Agra"),
    ("29", "Mysuru"), ("33", "Madurai"),
)  # fmt: skip
FIRST_PHONE = 9_000_000_000


def check_digit(first_14: str) -> str:
    """Check character of a GSTIN (mod 36, weights 1 and 2 alternating)."""
    total = 0
    for position, character in enumerate(first_14):
        product = _ALPHABET.index(character) * (1 + position % 2)
        total += product // 36 + product % 36
    return _ALPHABET[(36 - total % 36) % 36]


def nobodys_gstin(state: str, number: int) -> str:
    """A GSTIN on a PAN whose sequence is 0000, which is never issued; its check digit is right."""
    rest, last = divmod(number, 26)
    rest, fifth = divmod(rest, 26)
    rest, third = divmod(rest, 26)
    first, second = divmod(rest, 26)
    pan = f"{_LETTERS[first]}{_LETTERS[second]}{_LETTERS[third]}P{_LETTERS[fifth]}0000{_LETTERS[last]}"
    first_14 = f"{state}{pan}1Z"
    return first_14 + check_digit(first_14)


def with_wrong_check_digit(gstin: str) -> str:
    """The same number with a check digit that cannot be right."""
    return gstin[:14] + _ALPHABET[(_ALPHABET.index(gstin[14]) + 7) % 36]


def make_shops(seed: int, count: int, *, certain: int = 0) -> tuple[Shop, ...]:
    """Makes `count` shops; the first `certain` have a right GSTIN, a phone and answer HAAN."""
    rng = np.random.default_rng([seed, 11])
    district = rng.integers(0, len(DISTRICTS), count)
    owner, trade = rng.integers(0, len(_OWNERS), count), rng.integers(0, len(_TRADES), count)
    gst_draw, phone_draw, reply_draw, hindi_draw = rng.random((4, count))
    shops = []
    for i in range(count):
        state, town = DISTRICTS[int(district[i])]
        gstin: str | None = nobodys_gstin(state, 1000 + i)
        status = "verified"
        if i >= certain and gst_draw[i] < 0.25:
            gstin, status = None, "absent"
        elif i >= certain and gst_draw[i] < 0.29:
            gstin, status = with_wrong_check_digit(nobodys_gstin(state, 1000 + i)), "invalid"
        reachable = i < certain or phone_draw[i] < 0.95
        shops.append(
            Shop(
                number=i,
                name=f"{_OWNERS[int(owner[i])]} {_TRADES[int(trade[i])]} {i + 1:03d}, {town}",
                gstin=gstin,
                gst_status=status,
                phone=str(FIRST_PHONE + 100 + i) if reachable else None,
                district=town,
                language="hi" if hindi_draw[i] < 0.55 else "en",
                reply="haan" if i < certain else _reply(float(reply_draw[i])),
            )
        )
    return tuple(shops)


def _reply(draw: float) -> str:
    """80 % say HAAN, 8 % NAHI, 6 % something unclear, the others nothing."""
    for limit, reply in ((0.80, "haan"), (0.88, "nahi"), (0.94, "unclear")):
        if draw < limit:
            return reply
    return "silent"
