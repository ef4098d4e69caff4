"""Channels: the console of an embedded stack, and Twilio."""
