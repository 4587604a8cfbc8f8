"""Faces of the store: the table in a terminal, the HTML report. Nothing here computes a verdict."""
