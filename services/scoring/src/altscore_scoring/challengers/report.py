"""`comparison.html`: champion and challenger on one self-contained page, for those who decide about a promotion."""

from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from altscore_scoring.challengers.domain import STATES, Comparison
from altscore_scoring.guardrails import constants as c

WIDTH, HEIGHT, PAD = 480, 220, 30
BAR_POINTS = 25  # altscore points a bar
CELL = 56
MODELS = ("champion", "challenger")


def render_comparison(figures: dict[str, Any], comparison: Comparison) -> str:
    """The page of a comparison; no script, no outside resource, every value escaped.

    Args:
        figures: what comparison.json holds.
        comparison: for the scores behind the picture.
    """
    environment = Environment(
        loader=PackageLoader("altscore_scoring.challengers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = format_figure
    return environment.get_template("comparison.html.j2").render(
        figures=figures,
        models=MODELS,
        states=STATES,
        cells=_cells(figures["band_migration"]),
        curves=[_curve(scores) for scores in comparison.scores],
        area={"width": WIDTH, "height": HEIGHT, "pad": PAD, "cell": CELL},
        span=(c.SCORE_MIN, c.SCORE_MAX),
    )


def format_figure(value: Any) -> str:
    """A cell: four digits of a float, and words for what could not be measured."""
    if value is None:
        return "not measurable"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _cells(migration: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    most = max([count for row in migration.values() for count in row.values()], default=0) or 1
    return [
        {
            "x": column * CELL + CELL,
            "y": line * CELL + CELL,
            "count": migration[before][after],
            "opacity": round((migration[before][after] / most) ** 0.5, 3),
        }
        for line, before in enumerate(STATES)
        for column, after in enumerate(STATES)
    ]


def _curve(scores: NDArray[np.float64]) -> str:
    """Points of a line over the shares of scores per bar."""
    edges = np.arange(c.SCORE_MIN, c.SCORE_MAX + BAR_POINTS, BAR_POINTS)
    counts = np.histogram(scores, edges)[0]
    shares = counts / max(len(scores), 1)
    top = max(float(shares.max()), 0.01)
    width, height = WIDTH - 2 * PAD, HEIGHT - 2 * PAD
    return " ".join(
        f"{PAD + width * (i + 0.5) / len(shares):.1f},{HEIGHT - PAD - height * share / top:.1f}"
        for i, share in enumerate(shares)
    )
