"""Anchors: checkpoints of the log written into the contract `EvidenceAnchor` on EVM chains."""

import importlib
import sys

# py_ecc, which eth-account imports, raises Python's recursion limit to 100,000 for the whole process. Deeply nested
# JSON in a request would then overflow the C stack and kill the service instead of being refused.
_recursion_limit = sys.getrecursionlimit()
importlib.import_module("eth_account")
sys.setrecursionlimit(_recursion_limit)
