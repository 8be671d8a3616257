"""Whether a lender may see a retailer now: single, batched and bulk checks, and the pipeline's snapshot."""
