"""What can be wrong with a chain."""


class ChainBroken(Exception):
    """An entry does not follow from the one before it: somebody wrote around the one function that may append."""

    def __init__(self, chain: str, seq: int) -> None:
        super().__init__(f"chain {chain} is broken at {seq}")
        self.chain = chain
        self.seq = seq
