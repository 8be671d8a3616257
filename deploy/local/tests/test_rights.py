"""Rights are the least that topics.yml and the table of buckets name."""

from altscore_local.kafka_access import Right, load_topics, rights_of, topics_of
from altscore_local.layout import ROOT
from altscore_local.object_store import BUCKETS, LOCKED, RIGHTS, policy_of

ENTRY = {
    "name": "altscore.sample",
    "key": "id",
    "partitions": 3,
    "retention_days": 7,
    "events": ["sample.made"],
    "producers": ["maker"],
    "consumers": ["reader", "pipeline"],
}


def test_a_producer_may_write_and_nothing_else() -> None:
    assert {right for right in rights_of([ENTRY]) if right.user == "maker"} == {
        Right(user="maker", resource="TOPIC", name="altscore.sample", operation="WRITE"),
        Right(user="maker", resource="TOPIC", name="altscore.sample", operation="DESCRIBE"),
    }


def test_a_consumer_reads_its_topic_in_its_own_group_and_writes_the_dead_letters() -> None:
    assert {right for right in rights_of([ENTRY]) if right.user == "reader"} == {
        Right(user="reader", resource="TOPIC", name="altscore.sample", operation="READ"),
        Right(user="reader", resource="TOPIC", name="altscore.sample", operation="DESCRIBE"),
        Right(user="reader", resource="TOPIC", name="altscore.sample.dlq", operation="WRITE"),
        Right(user="reader", resource="TOPIC", name="altscore.sample.dlq", operation="DESCRIBE"),
        Right(user="reader", resource="GROUP", name="reader", operation="READ"),
    }


def test_the_pipeline_also_reads_in_the_group_of_its_watcher() -> None:
    groups = {right.name for right in rights_of([ENTRY]) if right.user == "pipeline" and right.resource == "GROUP"}

    assert groups == {"pipeline", "pipeline-airflow"}


def test_every_topic_has_a_dead_letter_topic_and_its_retention() -> None:
    endless = topics_of([ENTRY | {"retention_days": -1}])[0]

    assert {topic.name for topic in topics_of([ENTRY])} == {"altscore.sample", "altscore.sample.dlq"}
    assert topics_of([ENTRY])[0].retention_ms == 7 * 86_400_000
    assert endless.retention_ms == -1


def test_nobody_may_write_what_topics_yml_does_not_say() -> None:
    entries = load_topics(ROOT / "schemas" / "topics.yml")
    writes = {(right.user, right.name) for right in rights_of(entries) if right.operation == "WRITE"}
    declared = {(user, entry["name"]) for entry in entries for user in entry["producers"]}
    declared |= {(user, f"{entry['name']}.dlq") for entry in entries for user in entry["consumers"]}

    assert entries
    assert writes == declared


def test_no_service_may_delete_or_unlock_in_a_locked_bucket() -> None:
    locked = {f"arn:aws:s3:::{bucket}/*" for bucket in LOCKED}
    violations = [
        action
        for user in RIGHTS
        for statement in policy_of(user)["Statement"]
        if set(statement["Resource"]) & locked
        for action in statement["Action"]
    ]

    assert violations
    assert not [action for action in violations if "Delete" in action or "Bypass" in action or "*" in action]


def test_a_policy_names_no_bucket_beyond_the_users_own() -> None:
    for user, places in RIGHTS.items():
        named = {
            arn.split(":::")[1].split("/")[0]
            for statement in policy_of(user)["Statement"]
            for arn in statement["Resource"]
        }
        assert named == {place.partition("/")[0] for place in places} <= set(BUCKETS)


def test_quarantined_records_are_reached_by_ingestion_alone_by_name_and_never_listed_or_deleted() -> None:
    bucket = "arn:aws:s3:::altscore-quarantine"
    allowed = {
        (user, statement["Resource"][0].removeprefix(bucket), action)
        for user in RIGHTS
        for statement in policy_of(user)["Statement"]
        if statement["Resource"][0].startswith(bucket)
        for action in statement["Action"]
    }

    assert allowed == {
        ("ingestion", "", "s3:GetBucketLocation"),
        ("ingestion", "/*", "s3:GetObject"),
        ("ingestion", "/*", "s3:PutObject"),
        ("ingestion", "/*", "s3:AbortMultipartUpload"),
        ("ingestion", "/*", "s3:ListMultipartUploadParts"),
    }
