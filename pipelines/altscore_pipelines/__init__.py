"""The lake's pipeline: Bronze to Silver to Gold, and the announcement of a finished run."""
