"""Bronze stands: complete, encrypted, and beyond anybody's power to delete or shorten."""

import datetime as dt
import io
import re
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from demo.context import Demo
from demo.store import BRONZE, Store

LOOKED_AT = 40


def run(demo: Demo) -> None:
    """Step 3 of the main job."""
    store = Store(demo)
    objects = store.keys(BRONZE)
    demo.check("Bronze holds objects", bool(objects), len(objects))
    locked = [item for item in objects if is_locked(store, item["Key"])]
    demo.check(
        "every object is locked in COMPLIANCE mode", len(locked) == len(objects), f"{len(locked)}/{len(objects)}"
    )
    target = objects[0]["Key"]
    version = store.client.head_object(Bucket=BRONZE, Key=target)["VersionId"]
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    refused(
        demo,
        "deleting a Bronze object",
        lambda: store.client.delete_object(Bucket=BRONZE, Key=target, VersionId=version),
    )
    refused(
        demo,
        "shortening its retention",
        lambda: store.client.put_object_retention(
            Bucket=BRONZE, Key=target, VersionId=version, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon}
        ),
    )
    no_personal_data(demo, store, [item["Key"] for item in objects])
    demo.summary["bronze"] = {
        "objects": len(objects),
        "bytes": sum(item["Size"] for item in objects),
        "locked": len(locked) == len(objects),
    }


def is_locked(store: Store, key: str) -> bool:
    """Whether the newest version is under COMPLIANCE retention."""
    return bool(store.client.head_object(Bucket=BRONZE, Key=key).get("ObjectLockMode") == "COMPLIANCE")


def refused(demo: Demo, what: str, attempt: Any) -> None:
    """The store's root itself tries, and is refused."""
    try:
        attempt()
    except ClientError as error:
        demo.check(f"{what} is refused, to root too", True, error.response["Error"]["Code"])
    else:
        demo.check(f"{what} is refused", False, "it was allowed")


def no_personal_data(demo: Demo, store: Store, keys: list[str]) -> None:
    """No phone and no GSTIN of the ledgers stands in any Bronze byte."""
    pattern = re.compile(b"|".join(re.escape(text.encode()) for text in demo.facts["personal_texts"]))
    bodies = {key: store.read(BRONZE, key) for key in keys[:LOOKED_AT]}
    leaking = [key for key, body in bodies.items() if pattern.search(body)]
    tables = (pq.read_schema(io.BytesIO(body)) for key, body in bodies.items() if key.endswith(".parquet"))
    columns = {name for table in tables for name in table.names}
    demo.check("no phone or GSTIN stands in Bronze", not leaking and "phone" not in columns and "gst" not in columns)
