"""The engine: claims in, verdicts out. It knows nothing of problems, oracles or learners."""
