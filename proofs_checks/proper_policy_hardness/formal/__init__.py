"""Machine-checked proofs about planted formulas, and how each is held against the package's numbers."""
