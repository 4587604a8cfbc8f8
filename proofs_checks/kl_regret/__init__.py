"""Greedy play where the objective is regularised by the divergence from a base policy."""
