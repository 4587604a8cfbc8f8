"""Decision processes: rewards at every step, random transitions, and families of them."""

from explore_theory.problems.processes.families import random_process, tabular_process
from explore_theory.problems.processes.process import DecisionProcess, ProcessFacts
from explore_theory.problems.processes.stage import Stage

__all__ = ["DecisionProcess", "ProcessFacts", "Stage", "random_process", "tabular_process"]
