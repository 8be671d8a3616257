"""The portal: where people of distributors and lenders see what is theirs; a process with a database of its own."""
