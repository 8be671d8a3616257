"""Run inside the image `scoring`: reads Gold as Parquet, loads a model from bytes, scores and explains by both ways."""

import io
import json
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost
from altscore_scoring.gold.tables import frame_of_table, read_parquet
from altscore_scoring.model.booster import load_booster
from altscore_scoring.model.features import Feature

ROWS = 500
NAMES = ("completeness", "months_history", "overdue_90_amount_inr")
random = np.random.default_rng(0)
columns = {name: random.normal(10, 3, ROWS).round(2) for name in NAMES}
table = pa.table(
    {
        "retailer_id": [f"ret_{ROWS - number:016x}" for number in range(ROWS)],
        "data_as_of_on": [date(2026, 5, 31)] * ROWS,
        "district": ["Jaipur"] * ROWS,
        "size_band": ["small"] * ROWS,
        "gmv_6m_inr": pa.array([Decimal("600.00")] * ROWS, pa.decimal128(15, 2)),
        **columns,
    }
)
file = io.BytesIO()
pq.write_table(table, file, compression="zstd")
frame = frame_of_table(read_parquet([file.getvalue()]))
assert list(frame.retailer_ids) == sorted(frame.retailer_ids)

rows = frame.matrix(NAMES)
is_bad = (rows[:, 0] + random.normal(0, 2, ROWS) > 10).astype(float)
settings = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1}
trained = xgboost.train(settings, xgboost.DMatrix(rows, label=is_bad, missing=np.nan), 20)
features = tuple(Feature(name, family="x", group=None, direction=0, is_croston=False) for name in NAMES)
booster = load_booster(bytes(trained.save_raw("ubj")), features)
assert booster.tables is not None, "the tables were held against XGBoost when the model was loaded"
contributions = booster.contributions(booster.inputs(frame))
reference = trained.predict(xgboost.DMatrix(rows, missing=np.nan), pred_contribs=True)
print(
    json.dumps(
        {
            "rows": len(frame),
            "off_xgboost": float(np.abs(contributions - reference).max()),
            "off_margin": float(np.abs(contributions.sum(axis=1) - booster.margins(rows)).max()),
        }
    )
)
