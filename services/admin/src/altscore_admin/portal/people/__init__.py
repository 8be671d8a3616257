"""People who may sign in, each of one organisation; enrolled and suspended by operators."""
