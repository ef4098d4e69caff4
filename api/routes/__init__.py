"""Routes, one file for each thing the API knows."""
