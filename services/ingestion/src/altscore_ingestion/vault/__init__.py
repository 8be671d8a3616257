"""The identity vault: a process, a database, a role and keys of its own, which no other process reads."""
