"""Which processes should run: what `up` was asked for since the last `down`."""

import json
from collections.abc import Iterable

from altscore_local.files import PUBLIC, write_file
from altscore_local.layout import Layout


class ExpectedProcesses:
    """The list, kept in var/run."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.run / "expected.json"

    def names(self) -> set[str] | None:
        """The processes that should run; None in a clone that was started by a release without the list."""
        return set(json.loads(self._path.read_text())) if self._path.exists() else None

    def change(self, *, added: Iterable[str] = (), left_out: Iterable[str] = (), running: Iterable[str] = ()) -> None:
        """Takes up what `up` starts, and leaves out what it was told to do without.

        Args:
            added: started now.
            left_out: not to be started.
            running: what should run where no list was kept yet.
        """
        before = self.names()
        names = ((set(running) if before is None else before) - set(left_out)) | set(added)
        write_file(self._path, json.dumps(sorted(names)), mode=PUBLIC)

    def clear(self) -> None:
        """Nothing should run."""
        write_file(self._path, "[]", mode=PUBLIC)
