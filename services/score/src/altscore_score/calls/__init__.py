"""What all lenders' endpoints share."""
