"""Spreadsheets from and for people: read without guessing, checked cell by cell, written without harm."""
