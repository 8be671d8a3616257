"""Deliveries of the WhatsApp Cloud API: verified, encrypted and stored before they are answered with 200."""
