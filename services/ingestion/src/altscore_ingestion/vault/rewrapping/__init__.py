"""Data keys are wrapped anew every month, under the newest version of the wrapping key."""
