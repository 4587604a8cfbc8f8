"""Machine-checked proofs of steps of the hardness of proper policies, held against the package's numbers."""
