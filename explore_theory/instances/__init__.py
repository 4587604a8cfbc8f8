"""What users bring: problems and formulas in files, and what the theory says of each."""

from explore_theory.instances.reading import Instance, kind_of, load, read
from explore_theory.instances.writing import save

__all__ = ["Instance", "kind_of", "load", "read", "save"]
