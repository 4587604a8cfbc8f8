"""Learners of the token oracle."""
