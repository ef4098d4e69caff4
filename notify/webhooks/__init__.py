"""Webhooks: an organisation's own systems hear of every step, signed, at least once."""
