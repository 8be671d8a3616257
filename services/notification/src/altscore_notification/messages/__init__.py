"""Messages to retailers: queued by consumed events, sent by a channel, retried for a day."""
