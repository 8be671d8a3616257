"""Phones of WhatsApp users by their user ids (BSUID), and the phones they had before they changed number or id."""
