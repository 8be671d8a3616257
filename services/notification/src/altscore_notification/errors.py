"""This service's error classes."""


class ProviderUnreachable(Exception):
    """The provider did not respond.

    Args:
        reason: class of the failure.
        may_have_been_taken: the request left, so the message may have been taken.
    """

    def __init__(self, reason: str, *, may_have_been_taken: bool) -> None:
        super().__init__(reason)
        self.may_have_been_taken = may_have_been_taken
