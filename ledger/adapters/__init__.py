"""The outside world of the ledger."""
