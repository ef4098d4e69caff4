"""Bulk sends: a sheet whose every row becomes an envelope from one template.

A sheet is read and checked whole before anything happens; its sender sees what is wrong with which cell, and confirms.
Then the worker sends row by row. One bad row never stops another, and no row is sent twice.
"""
