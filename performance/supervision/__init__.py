"""Supervision of overdue obligations (R10–R13): register, ladder, public demands, rectification, terminations."""
