"""Generator of distributors' books: retailers, invoices, payments and returns from a printed seed."""
