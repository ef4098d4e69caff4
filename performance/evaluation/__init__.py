"""Evaluation of performance 履约评价 (R8): six factors, a comment period, review one level up, versions; coal KPIs."""
