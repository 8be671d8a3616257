"""Environment of the pipeline, read once in main(); a bad value stops the process."""

from datetime import date
from pathlib import Path
from typing import Literal

from altscore_libs.settings import OwnerSettings, RelaySettings, S3Settings, settings_config
from altscore_libs.tls import ClientTls
from pydantic import Field, SecretStr

from altscore_pipelines.hooks.dbt import PROJECT


class PipelineSettings(RelaySettings, S3Settings):
    """What the jobs need; the object store's fields stay empty where both roots are folders."""

    model_config = settings_config("PIPELINE_")

    database_url: SecretStr
    schemas_dir: Path
    consent_url: str
    vault_url: str
    tls_cert_file: Path
    tls_key_file: Path
    tls_ca_file: Path
    public_keys_dir: Path = Field(description="Public keys; ingestion-manifests.pem verifies manifests of Bronze.")
    bronze_root: str = "s3://altscore-bronze"
    lake_root: str = "s3://altscore-lake"
    s3_endpoint: str = ""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    engine: Literal["duckdb", "spark", "thrift"] = "duckdb"
    engine_memory: str = Field(default="4GB", pattern=r"^\d+GB$", description="Of DuckDB, or of Spark's driver.")
    duckdb_extensions_dir: Path | None = Field(
        default=None, description="Where httpfs was installed; none is downloaded."
    )
    spark_jars: str = Field(default="", description="S3A jars, comma-separated.")
    spark_host: str = Field(default="", description="Thrift server of the cluster, for engine `thrift`.")
    dbt_project_dir: Path = PROJECT
    work_dir: Path = Field(description="Scratch: compiled SQL, dbt's logs, spill files.")
    as_of_on: date | None = Field(
        default=None, description="Snapshot day; by default the day after the last ledger's end."
    )
    keep_runs: int = Field(default=3, ge=2, description="Runs kept in Silver and Gold, the current one included.")
    min_interval_s: int = Field(default=0, ge=0, description="Least time between two runs that events wake, seconds.")

    def client_tls(self) -> ClientTls:
        """For calls to consent and vault."""
        return ClientTls(self.tls_ca_file, self.tls_cert_file, self.tls_key_file)

    def dbt_target(self) -> str:
        """The engine's output in profiles.yml; a lake in a folder may be made of Bronze in the object store."""
        on_store = any(root.startswith("s3://") for root in (self.bronze_root, self.lake_root))
        on_store = on_store and self.engine != "thrift"
        return f"{self.engine}_s3" if on_store else self.engine

    def dbt_environment(self) -> dict[str, str]:
        """What profiles.yml asks for."""
        return {
            "DBT_MEMORY": self.engine_memory,
            "DBT_DUCKDB_EXTENSIONS_DIR": str(self.duckdb_extensions_dir or ""),
            "DBT_S3_HOST": self.s3_endpoint.partition("://")[2],
            "DBT_S3_REGION": self.s3_region,
            "DBT_S3_ACCESS_KEY": self.s3_access_key,
            "DBT_ENV_SECRET_S3_KEY": self.s3_secret_key.get_secret_value(),
            "DBT_S3_CA_FILE": str(self.s3_ca_file or ""),
            "DBT_SPARK_JARS": self.spark_jars,
            "DBT_SPARK_HOST": self.spark_host,
        }


class MigrateSettings(OwnerSettings):
    """What `migrate` needs, and nothing of the jobs."""

    model_config = settings_config("PIPELINE_")
