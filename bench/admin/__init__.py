"""Admin's lists and reports over large databases."""
