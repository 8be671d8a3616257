"""Bronze to Silver to Gold: woken by a batch or a consent, and every night; started by hand over the REST API."""

import datetime as dt
import os

from airflow.sdk import DAG, Asset, AssetWatcher
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable
from altscore_pipelines.operators.avro_trigger import AvroTrigger
from altscore_pipelines.operators.lake_job import LakeJob

batches_or_consents = Asset(
    "altscore_batches_or_consents",
    watchers=[
        AssetWatcher(
            name="ingestion_and_consent",
            trigger=AvroTrigger(
                topics=["altscore.ingestion", "altscore.consent"],
                registry_url=os.environ["PIPELINE_REGISTRY_URL"],
                kafka_config_id=os.environ["PIPELINE_KAFKA_CONNECTION"],
            ),
        )
    ],
)

with DAG(
    "altscore_pipeline",
    description=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 20 * * *", timezone="UTC"),  # 02:00 in India
        assets=[batches_or_consents],
    ),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "retries": 3,
        "retry_delay": dt.timedelta(seconds=10),
        "retry_exponential_backoff": True,
        "max_retry_delay": dt.timedelta(minutes=10),
    },
    tags=["lake"],
):
    to_silver = LakeJob(task_id="bronze_to_silver", job="bronze_to_silver")
    to_gold = LakeJob(task_id="silver_to_gold", job="silver_to_gold", run_from="bronze_to_silver")
    to_announce = LakeJob(task_id="announce", job="announce", run_from="bronze_to_silver")
    to_silver >> to_gold >> to_announce
