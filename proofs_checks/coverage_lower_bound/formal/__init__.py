"""Machine-checked proofs about the hidden needle, and how each is held against the package's numbers."""
