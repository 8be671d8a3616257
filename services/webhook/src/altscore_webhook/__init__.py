"""The door for WhatsApp."""
