"""What there is to know of a problem before anything is run on it: one kind of problem a file."""

from explore_theory.instances.inspecting.findings import Findings, inspected

__all__ = ["Findings", "inspected"]
