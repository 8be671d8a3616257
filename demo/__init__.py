"""The main job, end to end, on the running local stack: every step is observed and checked."""
