"""Machine-checked proofs of exact laws, and how each is held against the package's enumerations."""
