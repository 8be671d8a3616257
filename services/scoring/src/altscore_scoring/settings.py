"""Environment of the scoring engine, prefix SCORING_. No guardrail threshold is ever read from here (C-04)."""

from altscore_libs.settings import (
    OwnerSettings,
    ParkedListenerSettings,
    RelaySettings,
    S3Settings,
    SignerSettings,
    settings_config,
)
from pydantic import Field, SecretStr


class WorkerSettings(ParkedListenerSettings, SignerSettings, RelaySettings, S3Settings):
    """Settings of the worker, and of the commands that read its database."""

    model_config = settings_config("SCORING_")

    consent_url: str
    signer_key_label: str = "score-seal"
    chunk_rows: int = Field(default=1_000, ge=1, le=5_000, description="Retailers per consent check and transaction.")
    poll_interval_s: float = Field(default=1.0, gt=0, le=60, description="Between two looks for work, seconds.")
    statement_timeout_s: float = Field(default=30.0, gt=0, le=600)


class RegisterSettings(S3Settings):
    """Settings of `register`: MLflow's database and the bucket of artifacts."""

    model_config = settings_config("SCORING_")

    mlflow_tracking_uri: SecretStr
    models_uri: str = Field(default="s3://altscore-models/mlflow", description="Where MLflow keeps artifacts.")


class MigrateSettings(OwnerSettings):
    """Settings of `migrate`."""

    model_config = settings_config("SCORING_")
