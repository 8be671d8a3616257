"""What leaves for keeping elsewhere: exports, receipts and histories."""
