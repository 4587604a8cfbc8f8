"""What machine-checked proofs share: libraries of Coq, and how an instance is written as a term of theirs."""
