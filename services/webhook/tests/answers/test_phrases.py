"""What counts as yes and as no: a NAHI in any spelling is heard, a HAAN only when it is plain."""

import sys
import unicodedata
from functools import cache

import pytest
from altscore_webhook.answers.domain import Answer, answer_of_text
from altscore_webhook.answers.phrases import AFFIRMATIONS, FILLERS, REFUSALS, STOPS
from hypothesis import given
from hypothesis import strategies as st

NEGATIVES = REFUSALS | STOPS


@pytest.mark.parametrize(
    "text", ["HAAN", "haan", " Haan ", "हाँ", "हां", "हाँ।", "YES", "yes!", "ＹＥＳ", "*HAAN*", "“हाँ”", "HAAN,"]
)
def test_exact_affirmatives_are_yes(text: str) -> None:
    assert answer_of_text(text) is Answer.YES


@pytest.mark.parametrize(
    "text",
    [
        *("NAHI", "nahi.", "Nahin", "नहीं", "नही", "NO", "STOP", "stop\n", "नहीँ", "*STOP*", '"NAHI"', "NAHI,"),
        *("NAHI?", "n.a.h.i.", "N A H I", "*N*_A_~H~`I`", "```STOP```", "> NAHI", "- stop", "1. NAHI", "* नहीं"),
        *("NAHIII", "NOOO!!", "n\u0336a\u0336h\u0336i\u0336", "nah\u012b", "NAHI 🙏", "🛑 STOP 🛑", "ＳＴＯＰ", "न हीं"),
        *("band karo", "BandKaro", "bandh kar do", "please stop", "stop all messages", "Unsubscribe", "don’t"),
        *("बंद करो", "बन्द कीजिए", "बंद कर दो भाई", "जी नहीं", "मुझे नहीं चाहिए", "मना करता हूँ", "रद्द करें", "ना"),
        *("never", "nehi", "stop this", "unsub", "do not share my data", "data mat do", "ruko", "MANZOOR NAHI!"),
        *("না", "ના", "ਨਹੀਂ", "வேண்டாம்", "వద్దు", "ಬೇಡ", "വേണ്ട", "ନା", "نہیں"),
        *("nahi ji", "mujhe nahi chahiye", "mat bhejo", "no thanks", "nahi nahi", "NAHI, STOP", "nahi\nband karo"),
    ],
)
def test_a_clear_negative_is_no(text: str) -> None:
    assert answer_of_text(text) is Answer.NO


@pytest.mark.parametrize(
    "text",
    [
        *("हाँ, मैं सहमत हूँ 👍", "HAAN NAHI", "yes please", "haa", "ok", "👍", "", "1", "H A A N", "HAAN?", "\ud800"),
        *("~HAAN~", "h\u0336a\u0336a\u0336n\u0336", "HAAN 👎", "haan, nahi", "nahi haan", "no yes", "ji", "thanks"),
        *("band mat karo", "बंद मत करो", "don't stop", "mat roko", "mana nahi", "no problem", "no idea", "dukaan band"),
        *("stop " * 60, "abhi nahi", "2 nahi"),
    ],
)
def test_anything_else_is_unclear(text: str) -> None:
    assert answer_of_text(text) is Answer.UNCLEAR


def test_the_lists_keep_apart_and_are_written_as_they_are_compared() -> None:
    lists = (AFFIRMATIONS, REFUSALS, STOPS, FILLERS)
    assert all(lists)
    assert sum(map(len, lists)) == len(frozenset().union(*lists))
    phrases = frozenset().union(*lists)
    assert {phrase for phrase in phrases if phrase != unicodedata.normalize("NFKC", phrase).casefold()} == set()


CASE_20 = ["NAHI\u200d", "नहीं\u200c", "नहीं\u200d", "STOP\u200b", "NAHI\u200e", "नहीँ", "*STOP*", '"NAHI"', "NAHI,"]
SELECTORS = [chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))]
BLANKS = st.text(st.sampled_from(" \t\n\u00a0\u3000"), max_size=2)


@cache  # a million characters are looked at by the process that runs these tests, not by each that collects them
def format_characters() -> list[str]:
    """Every character that nobody sees."""
    return [character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) == "Cf"]


@cache
def symbols() -> list[str]:
    """Punctuation and symbols that stay such in every form; the numero sign is two letters in NFKC."""
    return [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if all(unicodedata.category(part)[0] in "PS" for part in unicodedata.normalize("NFKC", character))
    ]


INVISIBLE = st.deferred(lambda: st.text(st.sampled_from(format_characters() + SELECTORS), max_size=3))
DECORATION = st.deferred(lambda: st.text(st.sampled_from([*"*_~`\"'.,!?", *symbols()]), max_size=3))


def interleaved(draw: st.DrawFn, text: str) -> str:
    """The text with invisible characters before, between and after its letters."""
    return draw(INVISIBLE) + "".join(letter + draw(INVISIBLE) for letter in text)


def spelled(draw: st.DrawFn, texts: frozenset[str]) -> str:
    """An answer as some keyboard may write it: case, width and combining order vary."""
    text = draw(st.sampled_from(sorted(texts)))
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isascii() and letter != " " else letter for letter in text)
    text = draw(st.sampled_from([text, text.upper(), text.title(), wide]))
    return unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD", "NFKD"])), text)


@st.composite
def answers(draw: st.DrawFn, texts: frozenset[str]) -> str:
    """A spelled answer with blanks around it and invisible characters anywhere."""
    return draw(BLANKS) + interleaved(draw, spelled(draw, texts)) + draw(BLANKS)


@st.composite
def decorated(draw: st.DrawFn) -> str:
    """A negative with marks around its parts, or between all of its letters, repeated or not, fillers beside it."""
    kind = draw(st.sampled_from([REFUSALS, STOPS]))
    parts = [spelled(draw, kind) for _ in range(draw(st.integers(1, 2)))]
    parts += draw(st.lists(st.sampled_from(sorted(FILLERS)), max_size=2))
    between = draw(DECORATION)
    if draw(st.booleans()) and len(parts) == 1:
        return draw(DECORATION) + between.join(interleaved(draw, letter) for letter in parts[0]) + draw(DECORATION)
    ordered = draw(st.permutations(parts))
    return "".join(draw(DECORATION) + interleaved(draw, part) + draw(DECORATION) + " " for part in ordered)


@st.composite
def mixed(draw: st.DrawFn) -> str:
    """Any text with a negative somewhere in it, affirmatives and marks around it."""
    pieces = st.one_of(st.sampled_from(sorted(AFFIRMATIONS)), DECORATION, BLANKS, st.text(max_size=3))
    before, after = draw(st.lists(pieces, max_size=3)), draw(st.lists(pieces, max_size=3))
    return draw(BLANKS).join([*before, spelled(draw, NEGATIVES), *after])


def test_there_are_format_characters_and_texts_to_try() -> None:
    assert {"\u200b", "\u200c", "\u200d", "\u200e", "\u00ad", "\u202a", "\u2066", "\ufeff"} <= set(format_characters())
    assert {"*", "_", "~", "`", "👎", "।", "“"} <= set(symbols())
    assert {"nahi", "नहीं", "stop", "band karo", "बंद करो"} <= NEGATIVES


@pytest.mark.parametrize("text", CASE_20)
def test_a_withdrawal_with_characters_that_nobody_sees_is_a_withdrawal(text: str) -> None:
    assert answer_of_text(text) is Answer.NO


@given(answers(NEGATIVES))
def test_no_invisible_character_anywhere_hides_a_withdrawal(text: str) -> None:
    assert answer_of_text(text) is Answer.NO


@given(decorated())
def test_no_decoration_hides_a_withdrawal(text: str) -> None:
    assert answer_of_text(text) is Answer.NO


@given(mixed())
def test_nothing_that_holds_a_negative_is_ever_an_affirmative(text: str) -> None:
    assert answer_of_text(text) is not Answer.YES


@given(answers(AFFIRMATIONS))
def test_the_same_holds_for_an_affirmative(text: str) -> None:
    assert answer_of_text(text) is Answer.YES


@pytest.mark.parametrize("character", ["\u0000", "\u034f", "\u3164", "\u180b", "\ufe0f"])
def test_invisible_characters_outside_the_format_category_hide_nothing_either(character: str) -> None:
    assert answer_of_text(f"NA{character}HI{character}") is Answer.NO
