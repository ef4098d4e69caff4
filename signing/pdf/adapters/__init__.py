"""Adapters of PDF work to the outside world."""
