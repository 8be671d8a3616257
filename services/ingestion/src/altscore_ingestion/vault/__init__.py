"""The identity vault: who is who. A process, a database and a role of its own; nobody else reads it."""
