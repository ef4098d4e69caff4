"""Factories, clocks and adapters for tests."""
