"""Machine-checked proofs of technical tools, and how each is held against the package's numbers."""
