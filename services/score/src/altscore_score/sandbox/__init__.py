"""The lenders' sandbox: test credentials are served from personas, and touch no live data."""
