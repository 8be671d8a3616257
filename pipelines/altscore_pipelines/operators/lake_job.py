"""One step of the pipeline as an Airflow task: a job of this package under the lake's own Python."""

from typing import Any

from airflow.providers.standard.operators.bash import BashOperator

NOTHING_TO_DO = 99


class LakeJob(BashOperator):  # type: ignore[misc]  # Airflow is not in the type checker's environment
    """Runs `$PIPELINE_PYTHON -m altscore_pipelines <job>`; the job's last line, the run's id, is the task's result.

    Args:
        job: bronze_to_silver, silver_to_gold or announce.
        run_from: id of the task whose result is the run to go on with.
    """

    def __init__(self, *, job: str, run_from: str | None = None, **kwargs: Any) -> None:
        chosen = f" --run {{{{ ti.xcom_pull(task_ids='{run_from}') }}}}" if run_from else ""
        super().__init__(
            bash_command=f'exec "$PIPELINE_PYTHON" -m altscore_pipelines {job}{chosen}',
            append_env=True,
            skip_on_exit_code=NOTHING_TO_DO,
            **kwargs,
        )
