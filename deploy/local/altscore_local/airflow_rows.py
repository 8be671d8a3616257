"""Removes old rows of Airflow's own database, which Airflow itself would keep for ever.

`python -m altscore_local.airflow_rows --kept-days 30` becomes `airflow db clean` with the environment it was given,
which names the database. Standard library only: a job of the cluster runs it in the pipelines image.
"""

import argparse
import os
import time

PROGRAM = "/opt/airflow/bin/airflow"
KEPT_DAYS = 30
_DAY_S = 86_400


def command_of(program: str, *, kept_days: int, now: float) -> list[str]:
    """What removes the rows of runs, tasks and logs that are older; they are not copied into an archive.

    Args:
        program: of Airflow.
        kept_days: younger rows stay.
        now: Unix time.
    """
    before = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now - kept_days * _DAY_S))
    return [program, "db", "clean", "--clean-before-timestamp", before, "--skip-archive", "--yes"]


def main() -> None:
    """Becomes Airflow's program."""
    parser = argparse.ArgumentParser(prog="airflow_rows", description=__doc__)
    parser.add_argument("--kept-days", type=int, default=KEPT_DAYS)
    parser.add_argument("--program", default=PROGRAM)
    options = parser.parse_args()
    command = command_of(options.program, kept_days=options.kept_days, now=time.time())
    os.execv(command[0], command)  # noqa: S606  # the image's own program


if __name__ == "__main__":
    main()
