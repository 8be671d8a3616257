"""Messages to retailers, by WhatsApp and by SMS."""
