"""Silver, Gold and labels computed again: a plain walk per account in exact fractions, without any of dbt's SQL."""
