"""Steps run after what they need; a failure stops only what depends on it."""

import pytest
from altscore_local.selection import parse_selection
from altscore_local.tasks import Task, TasksFailedError, run_tasks


def test_a_step_runs_after_those_it_needs() -> None:
    seen: list[str] = []
    tasks = [Task("b", lambda: seen.append("b"), ("a",)), Task("a", lambda: seen.append("a"))]

    run_tasks(tasks, print)

    assert seen == ["a", "b"]


def test_a_failure_is_told_and_leaves_only_its_dependents_out() -> None:
    seen: list[str] = []

    def fails() -> None:
        raise ValueError("broken")

    tasks = [
        Task("bad", fails),
        Task("after", lambda: seen.append("after"), ("bad",)),
        Task("other", lambda: seen.append("other")),
    ]
    with pytest.raises(TasksFailedError, match=r"(?s)bad failed.*broken.*not started because of that: after"):
        run_tasks(tasks, print)

    assert seen == ["other"]


def test_a_selection_may_name_groups_and_processes() -> None:
    some = parse_selection(["services"], ["score-api"])

    assert some.has("services", "consent-api")
    assert not some.has("services", "score-api")
    assert not some.has("airflow")
    assert parse_selection([], ["airflow"]).has("mlflow")
