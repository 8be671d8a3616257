"""What stops a run. Messages hold ids and object names only."""

from collections.abc import Sequence


class PipelineError(Exception):
    """A run must not go on; the pointer of the lake stays where it is."""


class Missing(PipelineError):
    """An object that must be there is not."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{uri} is missing")


class RowsUnusable(Exception):
    """An object of a batch breaks a rule; the batch is set aside, and the run goes on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSoundBatch(PipelineError):
    """Every batch of Bronze would have to be set aside: the fault lies elsewhere than in one batch."""

    def __init__(self, batches: Sequence[object]) -> None:
        super().__init__(f"all {len(batches)} batches are unusable: " + "; ".join(map(str, batches[:5])))


class DbtFailed(PipelineError):
    """A model or a test failed."""

    def __init__(self, failures: Sequence[str]) -> None:
        super().__init__("dbt: " + "; ".join(failures))
        self.failures = tuple(failures)


class TotalsDisagree(PipelineError):
    """Money or rows were lost or gained between two layers."""

    def __init__(self, rows: Sequence[str]) -> None:
        super().__init__(f"control totals disagree at {len(rows)} rows: " + ", ".join(rows[:20]))
        self.rows = tuple(rows)


class GoldIncomplete(PipelineError):
    """Gold has not one row per retailer of Silver."""

    def __init__(self, rows: int, retailers: int) -> None:
        super().__init__(f"{rows} rows in Gold for {retailers} retailers in Silver")


class PointerMoved(PipelineError):
    """Another run finished first."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{uri} was changed by another run")


class ConsentUnsettled(PipelineError):
    """The consent snapshot kept changing while it was read."""

    def __init__(self, attempts: int) -> None:
        super().__init__(f"no stable consent snapshot in {attempts} attempts")


class BronzeChanged(PipelineError):
    """An object of Bronze is not the one that a run read, or a record that it read is not there."""

    def __init__(self, what: str) -> None:
        super().__init__(what)


class NothingToExplain(PipelineError):
    """There is no such run, retailer or column."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
