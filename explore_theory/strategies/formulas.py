"""Formulas and assignments. Letters: `m` terms, `k` literals per term, `n` variables."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Conjunctions, Formula, MixedFormula
from explore_theory.foundation.validation import whole
from explore_theory.strategies.numbers import Size, several, span

#: What a place is drawn from: any variable of as many has nearly the same chance.
_MOST_VARIABLES = 96


def dnf_formulas(
    variables: Size = (1, 4), *, width: Size = (1, 3), terms: Size = (1, 4)
) -> st.SearchStrategy[Formula]:
    """k-DNF formulas: terms of one width on distinct variables; few short terms without negations first.

    Raises
    ------
    InvalidProblem
        If a size is none, or no width fits the variables.
    """
    least_n, most_n = span("variables", variables, least=1)
    least_k, most_k = span("width", width, least=1)
    count = span("terms", terms, least=1)
    if least_k > most_n:
        raise InvalidProblem(f"width must be at most the variables ({most_n}), got width={width!r}")

    @st.composite
    def made(draw: st.DrawFn) -> Formula:
        widest = min(most_k, most_n)
        k = draw(st.integers(least_k, widest))
        n = draw(st.integers(max(k, least_n), most_n))
        rows = draw(several(_places(widest), *count))
        return Formula(np.array([_term(row[:k], n) for row in rows]), n)

    return made()


def mixed_formulas(variables: int = 4, *, terms: Size = (1, 4)) -> st.SearchStrategy[MixedFormula]:
    """Formulas on `variables` variables whose terms may differ in width."""
    n = whole("variables", variables, least=1)
    low, high = span("terms", terms, least=1)
    term = several(_place(), 1, n).map(lambda places: _term(places, n))
    return several(term, low, high).map(lambda rows: MixedFormula(rows, n))


def conjunctions(
    variables: int = 4, *, width: int = 3, terms: Size = (1, 4)
) -> st.SearchStrategy[Conjunctions]:
    """Conjunctions of any literals up to `width`, with contradictory ones among them."""
    n, k = whole("variables", variables, least=1), whole("width", width, least=1)
    low, high = span("terms", terms, least=1)
    literal = st.tuples(st.integers(1, n), st.booleans()).map(_literal)
    return several(several(literal, 1, k), low, high).map(lambda rows: _conjunctions(rows, n))


def assignments(variables: int) -> st.SearchStrategy[npt.NDArray[np.int8]]:
    """Signs `[n]`, all +1 first."""
    n = whole("variables", variables, least=1)
    flips = st.lists(st.booleans(), min_size=n, max_size=n)
    return flips.map(lambda negative: np.where(negative, -1, 1).astype(np.int8))


def _literal(pair: tuple[int, bool]) -> int:
    variable, negated = pair
    return -variable if negated else variable


def _place() -> st.SearchStrategy[tuple[int, bool]]:
    """A literal by its place among the variables that are left, around and around, and its sign."""
    return st.tuples(st.integers(0, _MOST_VARIABLES - 1), st.booleans())


def _places(width: int) -> st.SearchStrategy[tuple[tuple[int, bool], ...]]:
    return st.tuples(*[_place()] * width)


def _term(places: Sequence[tuple[int, bool]], n: int) -> list[int]:
    """Literals on distinct variables of `n`."""
    left = list(range(1, n + 1))
    return [_literal((left.pop(place % len(left)), negated)) for place, negated in places]


def _conjunctions(rows: Sequence[Sequence[int]], n: int) -> Conjunctions:
    table = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for place, row in zip(table, rows, strict=True):
        place[: len(row)] = row
    return Conjunctions(table, n, contradictory=True)
