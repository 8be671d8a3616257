"""What a persona of the sandbox is answered with."""

from altscore_score.sandbox.personas import PersonaScore

STATUS = {
    "CONSENT_NOT_GRANTED": 403,
    "DATA_INSUFFICIENT": 422,
    "MANUAL_REVIEW_REQUIRED": 422,
    "RATE_LIMIT_EXCEEDED": 429,
    "RETAILER_NOT_SCORED": 404,
    "SERVICE_UNAVAILABLE": 503,
}


def is_low(score: PersonaScore) -> bool:
    """Whether a score is served with low confidence."""
    return score.is_low_confidence_data or score.is_outdated_by_run or score.data_age_days > 14
