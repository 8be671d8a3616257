"""Monthly totals: what the ERP says of its ledger, compared with what stands in Bronze."""
