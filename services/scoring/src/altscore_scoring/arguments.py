"""Arguments of the scoring engine's commands."""

import argparse
from pathlib import Path

REPOSITORY = Path(__file__).parents[4]


def _schemas(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schemas-dir", type=Path, default=REPOSITORY / "schemas")


def _recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--embargo-days", type=int, help="days between training and test; the label's horizon, or longer"
    )


def _training(parser: argparse.ArgumentParser) -> None:
    _schemas(parser)
    parser.add_argument("--training-set", type=Path, required=True)
    _recipe(parser)


def train(parser: argparse.ArgumentParser) -> None:
    """Of `train`."""
    _training(parser)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--features", type=Path, default=REPOSITORY / "dbt/models/gold/feature_groups.yml")
    parser.add_argument("--about", default="", help="what the data are, for the model card and the validation pack")


def train_table(parser: argparse.ArgumentParser) -> None:
    """Of `train-table`."""
    parser.add_argument("--table", type=Path, required=True, help="CSV of numeric columns with a binary outcome")
    parser.add_argument("--mapping", type=Path, required=True, help="YAML that says what the columns mean")
    parser.add_argument("--out", type=Path, required=True)
    _recipe(parser)


def reasons(parser: argparse.ArgumentParser) -> None:
    """Of `reasons`."""
    _schemas(parser)
    parser.add_argument("--training-set", type=Path, required=True, help="any snapshots; weekly ones show stability")
    parser.add_argument("--bundle", type=Path, required=True)


def evaluate(parser: argparse.ArgumentParser) -> None:
    """Of `evaluate`."""
    _training(parser)
    parser.add_argument("--bundle", type=Path, required=True)


def register(parser: argparse.ArgumentParser) -> None:
    """Of `register`."""
    _schemas(parser)
    parser.add_argument("--bundle", type=Path, required=True)


def replay(parser: argparse.ArgumentParser) -> None:
    """Of `replay`."""
    parser.add_argument("outcome_id", help="of a score or a block")


def improve(parser: argparse.ArgumentParser) -> None:
    """Of `improve`."""
    parser.add_argument("score_id")


def score_run(parser: argparse.ArgumentParser) -> None:
    """Of `score-run`."""
    parser.add_argument("manifest_uri")


def compare(parser: argparse.ArgumentParser) -> None:
    """Of `compare`."""
    parser.add_argument("--out", type=Path, required=True, help="folder for comparison.json and comparison.html")
    parser.add_argument("--run", help="of a run; the newest that the challenger has finished if absent")
