"""Determinations 认定 of malicious breach or refusal (R15): after notice and defence, decided by another person."""
