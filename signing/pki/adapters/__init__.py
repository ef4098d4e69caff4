"""Certification and time-stamping by others."""
