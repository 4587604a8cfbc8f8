"""Proper learners: parameters are fixed before the prompt is drawn."""
