"""The register's own work (R1–R4): who reports for whom and by when, uploads, corrections, signed files, search."""
