"""Variations: what two parties agree to change, and the signed amendment that makes it so."""
