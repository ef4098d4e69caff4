"""Providers of real-name checks."""
