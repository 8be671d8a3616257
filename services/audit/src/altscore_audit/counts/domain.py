"""The rule of the counts. No I/O, no clock."""


def is_balanced(*, produced: int, applied: int, parked: int) -> bool:
    """Whether every numbered event is accounted for.

    An unreadable message may be one of the missing numbers or a foreign message, so there may be fewer missing numbers
    than unreadable messages, but never more.

    Args:
        produced: highest numbers of all producers, summed.
        applied: numbers that arrived.
        parked: messages that could not be read.
    """
    return produced - applied <= parked
