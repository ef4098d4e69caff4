"""Evidence: records, the Merkle log, checkpoints, anchors, the evidence package and its offline verifier."""
