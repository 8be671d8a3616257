"""The ingestion service: the door for distributors' books, Bronze, and (in `vault`) who is who."""
