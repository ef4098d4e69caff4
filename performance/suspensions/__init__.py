"""Suspension of a contract: its clocks stand still until it goes on."""
