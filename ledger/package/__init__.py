"""Evidence packages: what parties and courts are given, made so that `ledger.verifier` accepts them."""
