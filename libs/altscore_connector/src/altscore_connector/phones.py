"""Phone cells of Indian ledgers: mobiles are told from landlines by the numbering plan."""

import re
from typing import NamedTuple

from altscore_connector.text import visible_text

_SEPARATORS = re.compile(r"[/,;|&]|\bor\b|\band\b", re.I)
_NOISE = re.compile(r"[\s().\-\u2010-\u2015\u2212]+")
_NATIONAL = re.compile(r"(?:\+91|0091|91|0)?([1-9]\d{9})", re.ASCII)
# Ranges below 9 that are area codes with a subscriber number and not allotted to mobiles: the numbering plan as
# libphonenumber 9.0.43 lists it for India (fixed line and not mobile), by the first five digits.
_FIXED_LINE = re.compile(
    "(?:"
    r"61(?:[1358]\d[2-7]|2(?:[2-6]\d|7[0-8]))|62(?:[2457]\d[2-7]|1[2-7]\d)|63(?:1[2-7]\d|[234]\d[2-7])"
    r"|64(?:[23567]\d[2-7]|1[2-7]\d)|65(?:[2-689]\d[2-7]|[17][2-7]\d)|66(?:[13][2-7]\d|[24578]\d[2-7])"
    r"|67(?:[23569]\d[2-7]|8[0-57-9][2-7]|1[2-7]\d|4(?:[2-7]\d|[0189][2-7]))"
    r"|68(?:3\d\d|[1456]\d[2-7]|2(?:[0-79][2-7]|8[23567])|0[2-7]\d)"
    r"|770[13-7][2-7]|71(?:[013-8]\d[2-7]|2[2-7]\d|9[6-9][2-7])"
    r"|73(?:1(?:[2-6]\d|7[19])|[34][2-6]\d|2[0-49][2-7]|9[2-5][2-7])"
    r"|75(?:[15][2-6]\d|9[0-6][2-7]|2[123][2-7])"
    r"|76(?:3[02-8][2-7]|0[5689][2-7]|4\d[2-7]|5[0-367][2-7]|2[5-9][2-7]|1[346]\d)"
    r"|788(?:[2-6]\d|1[2-7]|71)|79(?:[1245]\d\d|3(?:[02-9]\d|1[0-24-9]))"
    r"|80(?:[234]\d\d|6[0-589]\d|7(?:1\d|9[123]))|8(?:16|2[014]|3[126]|6[136]|7[78])(?:[2-6]\d|7[19])"
    r"|870[2-6]\d|88(?:3(?:[2-6]\d|7[19])|4(?:[2356]\d|7[19]))|891(?:[3-6]\d|7[19])"
    ")"
)


class PhoneReading(NamedTuple):
    """What a phone cell holds.

    Attributes:
        mobile: 91 and ten digits of its first mobile number; None without one.
        fault: why there is none: `phone_is_landline` or `phone_unreadable`; empty when there is one.
    """

    mobile: str | None
    fault: str = ""


def read_phone(text: str) -> PhoneReading:
    """The first mobile number of a cell that may list several; a landline is never taken for one."""
    fault = "phone_unreadable"
    for part in _SEPARATORS.split(visible_text(text)):
        match = _NATIONAL.fullmatch(_NOISE.sub("", part))
        if match is None:
            continue
        national = match.group(1)
        if national[0] in "6789" and not is_fixed_line(national):
            return PhoneReading("91" + national)
        fault = "phone_is_landline"
    return PhoneReading(None, fault)


def is_fixed_line(national: str) -> bool:
    """Whether ten digits, without trunk zero or country code, are a fixed line's."""
    return national[0] in "12345" or _FIXED_LINE.fullmatch(national[:5]) is not None
