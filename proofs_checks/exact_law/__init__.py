"""Exact-law simulation: the same joint law of outputs and meters without the waiting times."""
