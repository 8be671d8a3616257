"""The people behind the phones: read from a file that may appear or change at any time."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEHAVIOURS = ("haan", "nahi", "unclear", "silent", "undeliverable")
ANSWERS = {
    ("haan", "hi"): ("हाँ", "हां", "HAAN"),
    ("haan", "en"): ("HAAN", "Yes", "haan"),
    ("nahi", "hi"): ("नहीं", "NAHI", "*NAHI*", "नहीं\u200d", "बंद करो"),
    ("nahi", "en"): ("NAHI", "No", "_Stop_", "no thanks", "NAHI!!"),
    ("unclear", "hi"): ("यह क्या है?", "हाँ, मैं सहमत हूँ 👍", "ठीक"),
    ("unclear", "en"): ("what is this?", "ok", "call me tomorrow"),
}


@dataclass(frozen=True)
class Person:
    """How somebody answers an invite."""

    behaviour: str = "silent"
    language: str = "hi"
    hides_phone: bool = False

    def answers(self) -> tuple[str, ...]:
        """What they would type."""
        return ANSWERS.get((self.behaviour, self.language), ANSWERS[("unclear", "en")])


class People:
    """The persona file, read again whenever it changes; while it is missing everybody is silent."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen = (0, 0)
        self._people: dict[str, Person] = {}

    def get(self, phone: str) -> Person:
        """Who has this phone."""
        self._refresh()
        return self._people.get(phone, Person())

    def count(self) -> int:
        """How many people the file names."""
        self._refresh()
        return len(self._people)

    def _refresh(self) -> None:
        try:
            if self._path is None:
                return
            status = self._path.stat()
            mark = (status.st_mtime_ns, status.st_size)
            if mark != self._seen:
                self._people = _read(json.loads(self._path.read_text(encoding="utf-8")))
                self._seen = mark
        except (OSError, ValueError, TypeError, AttributeError):
            return  # missing, or half written: the next call sees it


def _read(data: Any) -> dict[str, Person]:
    people = {}
    for phone, entry in data.items():
        behaviour = entry.get("behaviour", "silent")
        if behaviour not in BEHAVIOURS:
            raise ValueError("unknown behaviour")
        people[phone.removeprefix("+")] = Person(
            behaviour, entry.get("language", "hi"), bool(entry.get("hides_phone", False))
        )
    return people
