"""Compiled loops of the exact laws, one replicate each."""
