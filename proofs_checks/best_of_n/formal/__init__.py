"""Machine-checked proofs about best-of-N, and how each is held against the package's numbers."""
