"""Eyes on a running system: rules and dashboards as code, Prometheus beside the local stack, and `make doctor`."""
