"""The table of a drill: what was measured, and what was claimed and seen."""


class Claims:
    """Figures and claims in their order."""

    def __init__(self) -> None:
        self._figures: list[tuple[str, str]] = []
        self._failed: list[str] = []

    def claim(self, what: str, holds: bool, seen: object) -> None:
        """A line of the table; a claim that does not hold fails the drill."""
        self._figures.append((what, f"{'yes' if holds else 'NO'}: {seen}"))
        if not holds:
            self._failed.append(what)

    def figure(self, what: str, value: str) -> None:
        """A measured line of the table."""
        self._figures.append((what, value))

    def show(self) -> int:
        """Prints the table; 0 when every claim held."""
        width = max(len(what) for what, _ in self._figures)
        for what, value in self._figures:
            print(f"{what:<{width}}  {value}")
        print("every claim held" if not self._failed else f"FAILED: {', '.join(self._failed)}")
        return 1 if self._failed else 0
