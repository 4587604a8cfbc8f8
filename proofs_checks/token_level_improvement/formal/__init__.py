"""Machine-checked proofs about tokens, and how each is held against the package's numbers."""
