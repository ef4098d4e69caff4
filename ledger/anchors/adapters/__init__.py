"""How the chain ports reach real nodes."""
