"""The admin service: everything that a person of ours may do, by role, in the open."""
