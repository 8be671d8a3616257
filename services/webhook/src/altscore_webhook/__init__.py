"""Webhook of the WhatsApp Cloud API: signed deliveries in, retailers' answers out to consent."""
