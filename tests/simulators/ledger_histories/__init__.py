"""Random histories of a ledger, read by the connector: the receiver holds the ledger, or the difference is named."""
