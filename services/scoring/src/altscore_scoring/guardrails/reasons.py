"""GR-3: which reasons a score gives (decision 95).

First by sign: a group that moves the score by a point or more speaks for the side that it moves it to. Where a side has
too few reasons, it is filled by distance: how far a group is from the best, or the worst, of its route's training
reference. Either way a group says nothing that is not true of the retailer's data.

A group's first code for a side is its plain word. Only where these are too few are its further codes tried, most of
which compare with other retailers, for the side that lacks reasons; of a group's true codes the first is given.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Reason

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Basis = Literal["sign", "distance"]
_SIDES = ((1.0, c.POSITIVE_CODES_MIN), (-1.0, c.NEGATIVE_CODES_MIN))


class Candidate(NamedTuple):
    """A code that a score may give, and the column of the group that it speaks for."""

    code: str
    direction: Literal["positive", "negative"]
    column: int


class BackedReason(NamedTuple):
    """A reason with what it rests on.

    `points`, 1 or more, is what the group moves the score by where `basis` is sign, and its distance to the reference,
    in score points too, where it is distance.
    """

    reason: Reason
    basis: Basis
    points: float


def choose_reasons(
    points: Floats, *, best: Floats, worst: Floats, holds: Bools, candidates: Sequence[Candidate]
) -> list[tuple[BackedReason, ...] | None]:
    """Reasons of each row, or None where GR-3 blocks; those by sign come first, the strongest first.

    Args:
        points: rows by groups, what each group moves the score by.
        best: per group, its points at the 95th percentile of the reference.
        worst: per group, its points at the 5th percentile.
        holds: rows by candidates, whether the code's plain fact is true of the row.
        candidates: codes in index order, which decides between equals and which of a group's codes for a side is first.

    Further codes of a group are tried in a row that would be blocked without them, where possible of one side alone, so
    that they change no more than they must. A group speaks once. The needed three and two come first in the choice,
    then the strongest by sign up to the cap.
    """
    spoken = holds & _are_first(candidates)
    reasons = _choose(points, best=best, worst=worst, holds=spoken, candidates=candidates)
    for sides in (("negative",), ("positive",), ("negative", "positive")):
        lacking = [row for row, chosen in enumerate(reasons) if chosen is None]
        if not lacking:
            break
        has_further = np.array([candidate.direction in sides for candidate in candidates])
        more = np.where(has_further, _first_true(holds[lacking], candidates), spoken[lacking])
        again = _choose(points[lacking], best=best, worst=worst, holds=more, candidates=candidates)
        for row, chosen in zip(lacking, again, strict=True):
            reasons[row] = chosen
    return reasons


def _choose(
    points: Floats, *, best: Floats, worst: Floats, holds: Bools, candidates: Sequence[Candidate]
) -> list[tuple[BackedReason, ...] | None]:
    """As `choose_reasons`, where `holds` names at most a code of each group and side."""
    columns = [candidate.column for candidate in candidates]
    side = np.array([1.0 if candidate.direction == "positive" else -1.0 for candidate in candidates])
    toward = points[:, columns] * side
    speaks = holds & (toward >= c.REASON_POINTS_MIN)
    distances = np.where(side > 0, points[:, columns] - worst[columns], best[columns] - points[:, columns])
    needed = np.zeros_like(speaks)
    for sign, count in _SIDES:
        needed |= _strongest(toward, speaks & (side == sign), np.full(len(points), count))
    is_far = holds & (distances >= c.REASON_POINTS_MIN)
    filled = _filled(speaks, needed, distances=np.where(is_far, distances, -np.inf), columns=columns, side=side)
    is_free = speaks & ~needed & ~_of_same_groups(filled, columns)
    rest = c.CODES_MAX - (needed | filled).sum(axis=1)
    chosen = needed | filled | _strongest(toward, is_free, rest)
    values = np.where(filled, distances, toward)
    order = np.lexsort((-values, filled, ~chosen), axis=1)
    counts = np.where(_is_enough(chosen, side), chosen.sum(axis=1), 0)
    return [
        _reasons(order[row, :count], values[row], is_filled=filled[row], candidates=candidates) if count else None
        for row, count in enumerate(counts.tolist())
    ]


def _are_first(candidates: Sequence[Candidate]) -> Bools:
    """Which codes are their group's first for their side."""
    sides = [(candidate.column, candidate.direction) for candidate in candidates]
    return np.array([side not in sides[:index] for index, side in enumerate(sides)])


def _first_true(holds: Bools, candidates: Sequence[Candidate]) -> Bools:
    """Which codes are true and follow no true code of the same group and side."""
    is_first = holds.copy()
    for index, candidate in enumerate(candidates):
        for earlier, other in enumerate(candidates[:index]):
            if (other.column, other.direction) == (candidate.column, candidate.direction):
                is_first[:, index] &= ~holds[:, earlier]
    return is_first


def _filled(speaks: Bools, needed: Bools, *, distances: Floats, columns: list[int], side: Floats) -> Bools:
    """Which codes make up for what a side lacks, the farthest from the reference first.

    Groups that have nothing true to say by sign come before those that speak by sign and are not needed there.
    """
    filled = np.zeros_like(speaks)
    for sign, count in _SIDES:
        for by_sign in (speaks, needed):
            lacking = count - ((needed | filled) & (side == sign)).sum(axis=1)
            is_free = ~_of_same_groups(by_sign | filled, columns) & (side == sign)
            filled |= _strongest(distances, is_free & np.isfinite(distances), lacking)
    return filled


def _of_same_groups(codes: Bools, columns: list[int]) -> Bools:
    """Which codes belong to a group of these codes."""
    is_same_group = np.equal.outer(columns, columns).astype(float)
    is_shared: Bools = codes @ is_same_group > 0
    return is_shared


def _strongest(values: Floats, is_eligible: Bools, count: NDArray[np.int64]) -> Bools:
    """The `count` largest of the eligible values of each row; of equal ones, the first."""
    order = np.argsort(np.where(is_eligible, -values, np.inf), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(order.shape[1])[None, :], axis=1)
    is_strongest: Bools = is_eligible & (ranks < count[:, None])
    return is_strongest


def _is_enough(chosen: Bools, side: Floats) -> Bools:
    is_enough = np.ones(len(chosen), dtype=bool)
    for sign, count in _SIDES:
        is_enough &= (chosen & (side == sign)).sum(axis=1) >= count
    return is_enough


def _reasons(
    order: NDArray[np.int64], values: Floats, *, is_filled: Bools, candidates: Sequence[Candidate]
) -> tuple[BackedReason, ...]:
    reasons = []
    for rank, index in enumerate(order.tolist(), start=1):
        reason = Reason(candidates[index].code, candidates[index].direction, rank)
        reasons.append(BackedReason(reason, "distance" if is_filled[index] else "sign", float(values[index])))
    return tuple(reasons)
