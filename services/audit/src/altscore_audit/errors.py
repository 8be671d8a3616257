"""What can be wrong with a chain or its tree."""

from altscore_libs.errors import NotFound, Unavailable


class ChainBroken(Exception):
    """An entry does not follow from the one before it: somebody wrote around the one function that may append."""

    def __init__(self, chain: str, seq: int) -> None:
        super().__init__(f"chain {chain} is broken at {seq}")
        self.chain = chain
        self.seq = seq


class TreeIncomplete(Unavailable):
    """Nodes of the tree are gone: somebody deleted them around the function that may append."""

    def __init__(self, chain: str) -> None:
        super().__init__(f"the tree of chain {chain} is incomplete")


class ExportNotWhole(Exception):
    """A file that was read back from the bucket is not what the chain says."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the export {key} does not hold its entries")


class ReportNotWhole(Exception):
    """A threat report that was read back from the bucket is not what was written."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the report {key} did not come back as it was written")


class NoSuchTree(NotFound):
    """The chain has no such two sizes."""

    def __init__(self, chain: str) -> None:
        super().__init__(f"chain {chain} has no such tree")
