"""This service's error classes; every message holds ids and digests only."""

from altscore_libs.errors import AltScoreError


class DigestMismatch(AltScoreError):
    """Bytes differ from their digest; nothing of them is used."""

    code, status = "DIGEST_MISMATCH", 500


class GoldUnusable(AltScoreError):
    """A Gold run that cannot be scored: a column is missing, a row is doubled or a count disagrees."""

    code, status = "GOLD_UNUSABLE", 500


class ModelRefused(AltScoreError):
    """A model that may not be loaded: damaged, unsigned, or trained for other guardrails or another taxonomy."""

    code, status = "MODEL_REFUSED", 500


class DecisionRefused(AltScoreError):
    """A decision about a model that counts for nothing: unsigned, by one person, or unlike its signed record."""

    code, status = "DECISION_REFUSED", 500


class NoComparison(AltScoreError):
    """No challenger has been computed for this run, or for any."""

    code, status = "NO_COMPARISON", 404


class QualityBarMissed(AltScoreError):
    """A trained model below the bar of decision 52 or unfair by decision 71; it cannot be registered."""

    code, status = "QUALITY_BAR_MISSED", 500


class TrainingSetUnusable(AltScoreError):
    """A training set with damaged files, one class only, or too few snapshots for an out-of-time split."""

    code, status = "TRAINING_SET_UNUSABLE", 500


class EvidenceMissing(AltScoreError):
    """A replay of a score, or of evidence, that this store does not hold."""

    code, status = "EVIDENCE_MISSING", 404


class NotReplayable(AltScoreError):
    """What needs a score's evidence is asked of one whose replay does not match, or of a block."""

    code, status = "NOT_REPLAYABLE", 409
