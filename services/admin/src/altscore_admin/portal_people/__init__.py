"""Whom operators let into the portal, and whom they keep out."""
