"""What an inspection finds, for any kind of problem."""

from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.instances.inspecting import formula_findings, tabular_findings, token_findings
from explore_theory.instances.inspecting.records import Findings
from explore_theory.instances.reading import AnyInstance
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.dnf import DNF
from explore_theory.problems.tabular import TabularProblem

__all__ = ["Findings", "inspected"]


def inspected(problem: AnyInstance) -> Findings:
    """Sizes, quantities, warnings, and which statements apply to `problem`, with their numbers."""
    if isinstance(problem, TabularProblem):
        return tabular_findings.found(problem)
    if isinstance(problem, AutoregressiveProblem):
        return token_findings.found(problem)
    assert isinstance(problem, Formula | MixedFormula | Clauses | DNF)
    return formula_findings.found(problem)
