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


class NoSuchTree(NotFound):
    """The chain has no such two sizes."""

    def __init__(self, chain: str) -> None:
        super().__init__(f"chain {chain} has no such tree")
