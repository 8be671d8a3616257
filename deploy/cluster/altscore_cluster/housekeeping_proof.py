"""The nightly job of the chart, run now: of two rows that differ in age alone the old one goes."""

import json

from altscore_cluster.api import ClusterError
from altscore_cluster.plan import NAMESPACE
from altscore_cluster.programs import program
from altscore_cluster.stores import SUFFIX
from altscore_cluster.target import Target

JOB = "housekeeping-now"
JOB_TIMEOUT_S = 600
# In Airflow's own environment, where the database is named; prints the ages that are left, in days.
_ROWS = """\
import json, os, sys, psycopg2
url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    for days in json.loads(sys.argv[1]):
        cursor.execute("INSERT INTO log (dttm, event) VALUES (now() - make_interval(days => %s), %s)", (days, "aged"))
    cursor.execute("SELECT extract(day FROM now() - dttm)::int FROM log WHERE event = 'aged' ORDER BY 1")
    print(json.dumps([days for (days,) in cursor.fetchall()]))
"""
_RUN = ["/opt/lake/bin/python", "/srv/altscore/bin/run.py", "--exec", "/opt/airflow/bin/python", "-c", _ROWS]


def prove(target: Target) -> str:
    """Starts the job by hand and looks at the rows.

    Raises:
        ClusterError: it failed, or it removed another row than the old one.
    """
    before = _ages(target, [60, 5])
    if before != [5, 60]:
        raise ClusterError(f"rows of {before} days instead of 5 and 60")
    place = ["--namespace", NAMESPACE]
    target.api.run([str(program("kubectl").path), "delete", "job", JOB, *place, "--ignore-not-found"])
    target.api.kubectl("create", "job", JOB, "--from=cronjob/housekeeping", *place)
    try:
        wait = ["wait", "--for=condition=Complete", f"job/{JOB}", *place, f"--timeout={JOB_TIMEOUT_S}s"]
        target.api.kubectl(*wait, timeout_s=JOB_TIMEOUT_S + 30)
    except ClusterError as error:
        raise ClusterError(f"{error}\n{_log(target)}") from error
    left = _ages(target, [])
    if left != [5]:
        raise ClusterError(f"rows of {left} days are left instead of 5\n{_log(target)}")
    return "of rows of 60 and 5 days the first is gone"


def _ages(target: Target, added: list[int]) -> list[int]:
    """Adds rows of these ages in days, then says which there are."""
    place = ["--namespace", NAMESPACE, f"deployment/airflow{SUFFIX}", "--container", "scheduler"]
    answer = target.api.kubectl("exec", *place, "--", *_RUN, json.dumps(added), timeout_s=90)
    return [int(days) for days in json.loads(answer.strip().splitlines()[-1])]


def _log(target: Target) -> str:
    done = target.api.run([str(program("kubectl").path), "logs", "--namespace", NAMESPACE, f"job/{JOB}", "--tail=15"])
    return (done.stdout + done.stderr)[-1_500:]
