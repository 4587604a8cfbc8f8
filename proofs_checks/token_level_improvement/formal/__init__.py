"""Machine-checked proofs of steps at the token level, and how each is held against the package's numbers."""
