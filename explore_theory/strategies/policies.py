"""Policies of a problem, and sets of responses. Letters: `X` prompts, `N` responses, `d` dimensions."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from explore_theory.foundation.validation import positive, whole
from explore_theory.policies import Mixture, Softmax, Tabular
from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import log_of
from explore_theory.strategies.numbers import Size, laws, span, vectors


def tables(problem: TabularProblem, *, tiny: int = -12, zeros: bool = False) -> st.SearchStrategy[Tabular]:
    """Any policies of `problem` as tables, uniform first; with `zeros`, some responses get nothing."""
    prompts, responses = problem.base.shape
    row = laws(responses, tiny=tiny, zeros=zeros)
    return st.tuples(*[row] * prompts).map(lambda rows: Tabular(log_of(np.stack(rows))))


def softmax_policies(problem: TabularProblem, *, radius: float = 1.0) -> st.SearchStrategy[Softmax]:
    """Softmax policies with a parameter of norm at most `radius`, the base policy first."""
    return vectors(problem.features.shape[-1], radius=positive("radius", radius)).map(Softmax)


def mixtures(problem: TabularProblem, *, parts: Size = (1, 3), tiny: int = -12) -> st.SearchStrategy[Mixture]:
    """Mixtures of `tables`; the weights of `parts` components may be tiny, too."""
    low, high = span("parts", parts, least=1)
    return laws((low, high), tiny=tiny).flatmap(
        lambda weights: st.tuples(*[tables(problem, tiny=tiny)] * weights.size).map(
            lambda found: Mixture(weights, found)
        )
    )


def subsets(responses: int, *, keeping: Collection[int] = ()) -> st.SearchStrategy[npt.NDArray[np.bool_]]:
    """Sets of responses `[N]` such as those that a truncation keeps; all first, those of `keeping` always."""
    count = whole("responses", responses, least=1)
    kept = [whole("keeping", each, least=0, most=count - 1) for each in keeping]

    def chosen(left_out: list[bool]) -> npt.NDArray[np.bool_]:
        inside = ~np.array(left_out)
        inside[kept] = True
        return inside

    return st.lists(st.booleans(), min_size=count, max_size=count).map(chosen)
