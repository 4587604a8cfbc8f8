"""Problems of one step. Letters: `X` prompts, `N` responses, `d` dimensions, `C` coverage, `k` literals.

They shrink by leaving out responses, prompts and coordinates, to uniform laws, rewards 0 and 1, ``beta`` 1.
"""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from explore_theory.foundation.validation import above
from explore_theory.problems import DNF, BlankNeedle, HiddenNeedle, SinglePromptDNF, TabularProblem
from explore_theory.problems.protocol import Floats
from explore_theory.strategies.formulas import assignments, dnf_formulas
from explore_theory.strategies.numbers import (
    Size,
    betas,
    chosen,
    dimensions,
    directions,
    law_of,
    several,
    signed_numbers,
    span,
    unit_numbers,
    vectors,
    weights,
)

Kind = TypeVar("Kind", bound=HiddenNeedle)
#: A response to one prompt: its weight, its reward, its coordinates.
Cell = tuple[float, float, tuple[float, ...]]


def tabular(
    responses: Size = (2, 6),
    *,
    dimension: Size = (1, 2),
    prompts: Size = 1,
    linear: bool = False,
    zeros: bool = False,
    tiny: int = -12,
    beta: tuple[float, float] = (1e-3, 10.0),
) -> st.SearchStrategy[TabularProblem]:
    """Tabular problems without noise: rewards in [0, 1], or linear in features and then in [-1, 1].

    Parameters
    ----------
    responses, dimension, prompts
        `N`, `d`, `X`: whole numbers, or (least, most).
    linear
        ``r*(x, y) = <theta*, phi(x, y)>``, with ``theta*`` of norm at most one.
    zeros
        Some responses may be outside the support of the base policy, and prompts may have mass zero.
    tiny
        Base masses reach down to about ``10^tiny``.
    beta
        The least and the largest ``beta``.
    """
    count = span("responses", responses, least=1)
    low, high = span("dimension", dimension, least=1)
    least_x, most_x = span("prompts", prompts, least=1)
    temperature = betas(*beta)
    mass, coordinates = weights(tiny, zeros=zeros), st.tuples(*[signed_numbers()] * high)
    cell = st.tuples(mass, unit_numbers(), coordinates)
    response = st.tuples(*[cell] * most_x)
    # Of one prompt the mass is one, whatever its weight.
    prompt = mass if most_x > 1 else st.just(1.0)
    some_prompts = chosen([st.tuples(st.just(x), prompt) for x in range(most_x)], least_x)

    @st.composite
    def made(draw: st.DrawFn) -> TabularProblem:
        table, places = draw(several(response, *count)), draw(some_prompts)
        rows = [[each[place] for each in table] for place, _ in places]
        features = _features(rows, low, draw(st.integers(low, high)))
        given: dict[str, Any] = {"reward": [[reward for _, reward, _ in row] for row in rows]}
        if linear:
            theta = draw(vectors(high))[: features.shape[-1]]
            given = {"theta_star": theta, "parameter_radius": 1.0, "reward": (features * theta).sum(axis=-1)}
        return TabularProblem(
            prompt_mass=law_of([weight for _, weight in places]),
            base=np.stack([law_of([weight for weight, _, _ in row]) for row in rows]),
            features=features,
            beta=draw(temperature),
            **given,
        )

    return made()


def needles(
    responses: Size = (2, 8),
    *,
    coverage: float | None = None,
    dimension: Size = (1, 2),
    beta: tuple[float, float] = (1e-2, 10.0),
) -> st.SearchStrategy[HiddenNeedle]:
    """Hidden needles of one world; `coverage` is `C`, or any from 2 to 10^6 (10 and 2 first)."""
    return _needles(HiddenNeedle, responses, coverage, dimension, beta)


def blank_needles(
    responses: Size = (2, 8),
    *,
    coverage: float | None = None,
    dimension: Size = (1, 2),
    beta: tuple[float, float] = (1e-2, 10.0),
) -> st.SearchStrategy[BlankNeedle]:
    """As `needles`, where the base policy knows the needle and the blank only."""
    return _needles(BlankNeedle, responses, coverage, dimension, beta)


def dnf_problems(
    variables: Size = (1, 4), *, width: Size = (1, 3), terms: Size = (1, 4)
) -> st.SearchStrategy[DNF]:
    """Planted and other formulas as problems with a prompt per term; the world without an assignment too."""

    @st.composite
    def made(draw: st.DrawFn) -> DNF:
        formula = draw(dnf_formulas(variables, width=width, terms=terms))
        eta = draw(st.sampled_from((0.25, 0.125, 0.1, 0.01)))
        return DNF(formula=formula, eta=eta, assignment=draw(_signs(formula.n)))

    return made()


def single_prompt_problems(
    variables: Size = (1, 4), *, width: Size = (1, 3), terms: Size = (1, 4)
) -> st.SearchStrategy[SinglePromptDNF]:
    """Formulas as problems with one prompt and a response per clause."""

    @st.composite
    def made(draw: st.DrawFn) -> SinglePromptDNF:
        formula = draw(dnf_formulas(variables, width=width, terms=terms))
        return SinglePromptDNF(
            formula=formula,
            beta=draw(betas(1e-2, 10.0)),
            assignment=draw(_signs(formula.n)),
            shifted=draw(st.booleans()),
        )

    return made()


def _features(rows: list[list[Cell]], least: int, most: int) -> Floats:
    """`[X, N, d]`: coordinates of every cell up to the last that some cell uses, shortened to norm one.

    There are from `least` to `most` of them.
    """
    found = np.array([[coordinates[:most] for _, _, coordinates in row] for row in rows])
    found = found[..., : dimensions(found, least)]
    length = np.sqrt((found * found).sum(axis=-1, keepdims=True))
    return np.where(length > 1, found / np.maximum(length, 1.0), found)


def _signs(n: int) -> st.SearchStrategy[npt.NDArray[np.int8] | None]:
    return st.one_of(assignments(n), st.none())


def _needles(
    kind: type[Kind],
    responses: Size,
    coverage: float | None,
    dimension: Size,
    beta: tuple[float, float],
) -> st.SearchStrategy[Kind]:
    least, most = span("responses", responses, least=2)
    span("dimension", dimension, least=1)
    temperature = betas(*beta)
    covers = betas(2.0, 1e6) if coverage is None else st.just(above("coverage", coverage, 1.0))

    @st.composite
    def made(draw: st.DrawFn) -> Kind:
        n = draw(st.integers(least, most))
        direction = draw(directions(dimension))
        return kind(
            responses=n,
            coverage=draw(covers),
            dimension=direction.size,
            beta=draw(temperature),
            needles=np.array([draw(st.integers(kind.first, n - 1))]),
            directions=direction[None],
        )

    return made()
