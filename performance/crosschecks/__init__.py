"""Cross-checks 相互印证 (R6): sources about one contract are compared; contradictions become findings."""
