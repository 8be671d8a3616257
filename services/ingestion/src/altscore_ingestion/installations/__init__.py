"""Which installation of the connector sends for a distributor; another one is refused until it takes over."""
