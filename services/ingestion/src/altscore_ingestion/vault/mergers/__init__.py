"""Two ids of one shop are merged by decision of operations, and parted again."""
