"""Generator of distributors' ledgers: retailers, invoices, payments and returns from a printed seed."""
