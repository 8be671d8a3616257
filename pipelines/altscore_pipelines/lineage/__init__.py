"""OpenLineage: what each job and each model of a run read and wrote, kept beside the run's manifest."""
