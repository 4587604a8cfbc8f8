"""Machine-checked proofs of the framework, and how each is held against the package's numbers."""
