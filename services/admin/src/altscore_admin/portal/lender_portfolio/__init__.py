"""A lender's retailers and their scores, for its credit officers."""
