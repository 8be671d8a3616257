"""WhatsApp: the Cloud API as a channel."""
