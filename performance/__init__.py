"""After signature: the contract register, obligations, supervision, termination."""
