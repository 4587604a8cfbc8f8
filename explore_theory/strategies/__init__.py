"""Hypothesis strategies for problems and what belongs to them, and a search for violations with them.

They shrink to few responses, few dimensions and simple numbers. A check searches with
``Check(search=Search(strategy))``; see ``docs/guide/search.md``. All of it needs Hypothesis.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if find_spec("hypothesis") is None:
    raise ImportError("explore_theory.strategies needs Hypothesis, got none: pip install 'hypothesis>=6.100'")

if TYPE_CHECKING:
    from explore_theory.strategies.formulas import assignments, conjunctions, dnf_formulas, mixed_formulas
    from explore_theory.strategies.instances import decode, encode, of_json, to_json
    from explore_theory.strategies.numbers import (
        betas,
        decades,
        directions,
        laws,
        rational_laws,
        rationals,
        signed_numbers,
        unit_numbers,
        vectors,
        weights,
    )
    from explore_theory.strategies.policies import mixtures, softmax_policies, subsets, tables
    from explore_theory.strategies.problems import (
        blank_needles,
        dnf_problems,
        needles,
        single_prompt_problems,
        tabular,
    )
    from explore_theory.strategies.search import Search
    from explore_theory.strategies.steps import autoregressive, processes, step_policies, trees

#: Names load on first use: a package of claims is discovered without Hypothesis being imported.
_FILES = {
    "formulas": ("assignments", "conjunctions", "dnf_formulas", "mixed_formulas"),
    "instances": ("decode", "encode", "of_json", "to_json"),
    "numbers": (
        "betas",
        "decades",
        "directions",
        "laws",
        "rational_laws",
        "rationals",
        "signed_numbers",
        "unit_numbers",
        "vectors",
        "weights",
    ),
    "policies": ("mixtures", "softmax_policies", "subsets", "tables"),
    "problems": ("blank_needles", "dnf_problems", "needles", "single_prompt_problems", "tabular"),
    "search": ("Search",),
    "steps": ("autoregressive", "processes", "step_policies", "trees"),
}
_NAMES = {name: file for file, names in _FILES.items() for name in names}

__all__ = [
    "Search",
    "assignments",
    "autoregressive",
    "betas",
    "blank_needles",
    "conjunctions",
    "decades",
    "decode",
    "directions",
    "dnf_formulas",
    "dnf_problems",
    "encode",
    "laws",
    "mixed_formulas",
    "mixtures",
    "needles",
    "of_json",
    "processes",
    "rational_laws",
    "rationals",
    "signed_numbers",
    "single_prompt_problems",
    "softmax_policies",
    "step_policies",
    "subsets",
    "tables",
    "tabular",
    "to_json",
    "trees",
    "unit_numbers",
    "vectors",
    "weights",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
