"""Samples of a model of one's own, into a file that `readers` and `coverage` read."""
