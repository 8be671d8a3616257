"""Where the generated Bronze lies below a benchmark's folder; read by two environments."""

BRONZE = "bronze-bucket"
IDENTITIES = "identities"
