"""Every threshold of the guardrails, score scale and limit: compile-time constants (ADR-010, constraint C-04).

Nothing here is read from an environment, a database or a flag. The SHA-256 of this file's bytes is in every signed
score as `guardrail_digest`, so a changed threshold is visible in each score it touched.
"""

from decimal import Decimal
from typing import Final

# Score scale and bands (decision 53). PD is rounded first, so that a lender can recompute both.
PD_STEP: Final = Decimal("0.0001")
PD_MIN: Final = Decimal("0.0001")
PD_MAX: Final = Decimal("0.9999")
SCORE_MIN: Final = 300
SCORE_MAX: Final = 900
SCORE_AT_EVEN_ODDS: Final = 550
SCORE_POINTS_TO_DOUBLE_ODDS: Final = 50
BAND_PD_BELOW: Final = (("A", Decimal("0.05")), ("B", Decimal("0.12")), ("C", Decimal("0.25")))
BAND_WORST: Final = "D"
SCORE_VALID_DAYS: Final = 30

# GR-1 fairness: adverse impact ratio over groups large enough to measure.
AIR_MIN: Final = 0.80
AIR_GROUP_MIN_ROWS: Final = 30
AIR_FAVOURABLE_BANDS: Final = frozenset({"A", "B"})

# GR-2 gaming (decision 96): what only the most anomalous share of the route's training rows exceeds, a person looks at.
ANOMALY_TRAINING_TAIL: Final = 0.001
VOLUME_OWN_TAIL: Final = 0.001  # of each of the four comparisons with the retailer's own history
VOLUME_PEERS_TAIL: Final = 0.022  # of the comparison with peers; all tails together stay below 3 % of honest rows
VOLUME_FLOOR_INR: Final = 1_000.0  # added to both sides of a ratio, so that pennies against nothing are no shift
BILLS_PER_DAY_RATIO_MAX: Final = 1.5  # bills per order day, to those of the rest of the year: purchases billed in parts
ORDER_DAYS_FLOOR: Final = 3.0  # order days of one bill, added to both sides
ANOMALY_SCORE_FLOOR: Final = 0.55
OUT_OF_RANGE_SPAN_SHARE: Final = 0.50
OUT_OF_RANGE_FEATURE_SHARE: Final = 0.20

# GR-3 explainability.
POSITIVE_CODES_MIN: Final = 3
NEGATIVE_CODES_MIN: Final = 2
CODES_MAX: Final = 8
REASON_POINTS_MIN: Final = 1.0  # what a group must move the score by, or be away from the reference, to speak
REFERENCE_BEST: Final = 0.95  # share of the training reference whose contribution is no better; mirrored for the worst
ADDITIVITY_TOLERANCE: Final = 1e-3

# GR-4 affordability (decision 69).
AFFORDABILITY_SHARE_OF_GMV_6M: Final = Decimal("0.30")
LIMIT_MONTHS_OF_GMV: Final = Decimal(2)
LIMIT_BAND_FACTOR: Final = {"A": Decimal("0.90"), "B": Decimal("0.70"), "C": Decimal("0.40"), "D": Decimal(0)}
LIMIT_STEP_INR: Final = 1_000
LIMIT_AND_DUES_SHARE_OF_GMV_6M: Final = Decimal("0.50")  # a new loan and the open dues together
LIMIT_MAX_INR: Final = Decimal(1_000_000)  # whatever the ledger says; a forged volume buys no more than this

# Eligibility EXISTING_DEFAULT (decision 94): what is open 90 days past due (Gold counts the days), to six months' GMV.
DEFAULT_SHARE_OF_GMV_6M: Final = Decimal("0.10")
NO_PURCHASE_DAYS: Final = 90

# GR-5 data quality (decisions 51, 52, 68).
COMPLETENESS_BLOCK_BELOW: Final = 50.0
COMPLETENESS_CONFIDENT_FROM: Final = 70.0
LEDGER_LATE_DAYS_FLAGGED_ABOVE: Final = 1  # decision 92; the lake leaves out what is later than 45
LEDGER_LATE_DAYS_CONFIDENT_MAX: Final = 14

# Route: who is too young or too sparse for the primary model (decision 52).
PRIMARY_MONTHS_HISTORY_MIN: Final = 6
PRIMARY_INVOICES_6M_MIN: Final = 6
PRIMARY_DEMAND_INTERVAL_MAX_MONTHS: Final = 1.32  # Syntetos and Boylan: beyond it demand is intermittent

# GR-6 model lifecycle.
PSI_MAX: Final = 0.20
PSI_BINS: Final = 10
PSI_ROWS_MIN: Final = 100
PSI_SHARE_FLOOR: Final = 1e-4

# Quality bar of the primary model, out of time (decision 52).
AUROC_MIN: Final = 0.72
KS_MIN: Final = 0.35
CALIBRATION_POINTS_MAX: Final = 0.02
CLASS_RETAILERS_MIN: Final = 30  # with a bad and with a good row: below it no interval can be trusted
CROSTON_AUROC_MIN: Final = 0.60  # a true 0.75 with 30 bad retailers passes at its low end in four of five samples
