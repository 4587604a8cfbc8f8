"""Finding claims, choosing among them, and what keys their results."""
