"""Invites: which retailer is asked on which notice, by which phone, and replies that are neither yes nor no."""
