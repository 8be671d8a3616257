"""Which source records stand behind a value of Gold, proved by making the value again from these records alone."""
