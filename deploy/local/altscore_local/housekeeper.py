"""The housekeeper as a process of the stack: see `housekeeping`."""

from altscore_local.files import digest_of
from altscore_local.layout import Layout
from altscore_local.probes import answers
from altscore_local.process import SYSTEM_ENVIRONMENT, Process

NAME = "housekeeper"


def process(layout: Layout) -> Process:
    """Says how to start it."""
    port = layout.port(NAME)
    argv = [str(layout.venv_python), "-m", "altscore_local.housekeeping"]
    return Process(
        name=NAME,
        group="infra",
        argv=[*argv, "--instance", layout.instance, "--port", str(port)],
        env=SYSTEM_ENVIRONMENT | {"PYTHONPATH": str(layout.assets)},
        port=port,
        ready=lambda: answers(f"http://127.0.0.1:{port}/readyz"),
        cwd=layout.root,
        code=digest_of([layout.assets / "altscore_local" / name for name in ("housekeeping.py", "airflow_rows.py")]),
    )
