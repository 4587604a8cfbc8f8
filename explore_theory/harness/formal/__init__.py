"""Machine-checked proofs: their sources, the prover of the system, what it says of them, and the bridge."""
