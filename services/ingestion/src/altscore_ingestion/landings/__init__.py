"""CSV files that distributors put by SFTP: kept encrypted, then read as uploads (ADR 0054)."""
