"""Reads a typed text: HAAN is heard only when it is plain, NAHI however it is written (decisions 32, 66 and 88).

The negatives stand in phrases.json; what counts as HAAN stands in schemas/reference, since consent reads it too (ADR
0046). Both kinds of negative are told apart since "band mat karo" and "don't stop", which mix them, say the opposite of
each half.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from altscore_libs.text import bare_text, sentence_text

LONGEST_NEGATIVE = 120  # characters; whoever writes more has more to say than a no
_PHRASES: dict[str, list[str]] = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
_REFERENCE = Path(__file__).parents[5] / "schemas" / "reference"
AFFIRMATIONS = frozenset(json.loads((_REFERENCE / "affirmations.json").read_text(encoding="utf-8")))
REFUSALS = frozenset(_PHRASES["refusals"])
STOPS = frozenset(_PHRASES["stops"])
FILLERS = frozenset(_PHRASES["fillers"])
_PARTS = re.compile(r"[,.;:!?/|()\[\]।॥\r\n–—]+")
_LIST_NUMBER = re.compile(r"\A\s*[0-9]{1,2}[.)]\s+")  # WhatsApp's numbered list
_REPEATED = re.compile(r"(.)\1+")
_CHANDRABINDU, _ANUSVARA = "\u0901", "\u0902"


def is_affirmation(text: str) -> bool:
    """Whether the text is exactly a HAAN: a sentence that contains one is not (decision 32)."""
    return sentence_text(text) in AFFIRMATIONS


def is_negation(text: str) -> bool:
    """Whether the text says no and nothing else, however it is spelled, repeated, decorated or spaced."""
    text = _LIST_NUMBER.sub("", text)
    parts = [part for part in _PARTS.split(text) if bare_text(part)]
    return _is_negative(text) or (len(parts) > 1 and all(_is_negative(part) for part in parts))


def _is_negative(text: str) -> bool:
    apart, joined = bare_text(text), bare_text(text, between="")
    return any(_says_no(_sounded(form)) for form in (apart, joined, _unspaced(apart)) if len(form) <= LONGEST_NEGATIVE)


def _says_no(text: str) -> bool:
    return any(pattern.fullmatch(f"{text} ") is not None for pattern in _NEGATIVES)


def _sounded(text: str) -> str:
    """Letters held for emphasis are one letter, and both ways to write a nasal are one way."""
    return _REPEATED.sub(r"\1", text.replace(_CHANDRABINDU, _ANUSVARA))


def _unspaced(text: str) -> str:
    """Letters that were written one by one, put together; any other text as it is."""
    parts = text.split(" ")
    letters = (sum(character.isalnum() for character in part) for part in parts)
    return "".join(parts) if all(count == 1 for count in letters) else text


def _alternatives(phrases: frozenset[str]) -> str:
    """The longest phrase first; the blanks within a phrase may be missing."""
    sounded = sorted({_sounded(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(re.escape(phrase).replace(r"\ ", " ?") for phrase in sounded)


def _composed_of(phrases: frozenset[str]) -> re.Pattern[str]:
    """Texts of these phrases and fillers, each followed by a blank, with at least one of the phrases."""
    phrase, filler = _alternatives(phrases), _alternatives(FILLERS)
    return re.compile(rf"(?:(?:{filler}) )*(?:{phrase}) (?:(?:{phrase}|{filler}) )*")


_NEGATIVES: Sequence[re.Pattern[str]] = (_composed_of(REFUSALS), _composed_of(STOPS))
