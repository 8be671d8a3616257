"""Training, evaluation and registration of a model bundle; nothing here runs in the worker."""
