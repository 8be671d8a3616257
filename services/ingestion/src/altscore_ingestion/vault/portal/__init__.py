"""What the portal learns of a distributor's own retailers: masked, or the name of a phone to invite."""
