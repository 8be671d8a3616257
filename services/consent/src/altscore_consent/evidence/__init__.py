"""The provider's signed delivery of an answer: verified, read and forgotten; only its digest stays (ADR 0046)."""
