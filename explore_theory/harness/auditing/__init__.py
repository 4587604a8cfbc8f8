"""Audits: faults planted in copies of the sources, damage by degrees, and which claims notice what."""
