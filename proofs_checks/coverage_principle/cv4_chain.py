"""CV4: coverage of a task by the data and of the data by a model give coverage of the task by the model.

Statement. For all laws ``task``, ``data``, ``model`` and all ``M1, M2 > 0``,
    ``P_task[task/model >= M1] <= M2 P_data[data/model >= M1/M2] + P_task[task/data > M2]``.
It is attained, by a task that the data do not always meet.

Proof. Where ``task >= M1 model`` and ``task <= M2 data``, ``data >= (M1/M2) model`` and ``task <= M2 data``.

As printed (Chen et al. 2026, Proposition F.5, and ``M1, M2 >= 2``) all three are of one kind. With ``>=``, as
Definition 1.1 has it, the last term is larger, and the paper's own use of it fails: a task that the data meet
in a tenth of the cases has ``task/data = 10``, so that ``Cov_10(task || data)`` is 1 and not 0, and the bound
exceeds 1. With the strict inequality in the last term it gives what section 2 says, ``10 eps``.

What is checked. All triples of laws on three responses with masses in multiples of 1/3, zeros among them; the
example of section 2.

What is not. More responses: the proof covers them, response by response.

Why trust it. Everything is rational.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
)
from proofs_checks.coverage_principle.profiles import Law, coverage, laws, text


@dataclass(frozen=True)
class Chain:
    """Three laws and two levels."""

    task: Law
    data: Law
    model: Law
    first: Fraction
    second: Fraction


def triples(trial: Trial) -> tuple[Chain, ...]:
    """All triples on a grid, for some levels."""
    size, grid = int(trial.case.params["responses"]), int(trial.case.params["grid"])
    known = tuple(laws(size, grid))
    levels = [(Fraction(4), Fraction(2)), (Fraction(3), Fraction(3, 2))]
    three = itertools.product(known, repeat=3)
    return tuple(Chain(t, d, m, *two) for (t, d, m), two in itertools.product(three, levels))


def tenth(_: Trial) -> tuple[Chain, ...]:
    """A task that the data meet in a tenth of the cases, of which the model has a fifth."""
    task, data, model = (
        tuple(map(Fraction, law)) for law in (("1", "0"), ("1/10", "9/10"), ("1/50", "49/50"))
    )
    return (Chain(task, data, model, Fraction(50), Fraction(10)),)


def uncovered(world: tuple[Chain, ...]) -> Measurement:
    """``Cov_M1(task || model)``."""

    def witness(k: int) -> dict[str, str]:
        each = world[k]
        words = {"task": each.task, "data": each.data, "model": each.model}
        levels = {"M1": str(each.first), "M2": str(each.second)}
        return {name: text(law) for name, law in words.items()} | levels

    values = [coverage(each.task, each.model, each.first) for each in world]
    return Measurement.exact(values, unit="triples of laws", witness=witness)


def by_data(each: Chain) -> Fraction:
    """``Cov_{M1/M2}(data || model)``."""
    return coverage(each.data, each.model, each.first / each.second)


def by_task(each: Chain, *, strict: bool = True) -> Fraction:
    """``Cov_M2(task || data)``, with ``>`` or ``>=``."""
    return coverage(each.task, each.data, each.second, strict=strict)


def stated(each: Chain) -> Fraction:
    """``M2 Cov_{M1/M2}(data || model) + P_task[task/data > M2]``."""
    return each.second * by_data(each) + by_task(each)


def bounds(value: Callable[[Chain], Fraction]) -> Callable[[tuple[Chain, ...]], Bound]:
    """`value` of every triple."""
    return lambda world: Bound.of([value(each) for each in world])


CLAIM = Claim(
    id="CV4",
    slug="coverage-chain",
    theorem="coverage_principle",
    title="Coverage of the task by the data, and of the data by the model, chain",
    statement=(
        "For all laws and M1, M2 > 0, P_task[task/model >= M1] <= M2 P_data[data/model >= M1/M2] + "
        "P_task[task/data > M2], attained; with >= in the last term it says less."
    ),
    formula=(
        r"\mathrm{Cov}_{M_1}(\pi_T \,\|\, \pi) \le M_2\, \mathrm{Cov}_{M_1/M_2}(\pi_D \,\|\, \pi) + "
        r"\mathbb{P}_{\pi_T}\!\left[\pi_T/\pi_D > M_2\right]"
    ),
    relation="<=",
    scope="All triples of laws on a grid on three responses, and the paper's example, exactly.",
    source="Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), Proposition F.5, sharper.",
    checks=(
        Check(
            slug="triples",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="grid-3", params={"responses": 3, "grid": 3}),
                Case(slug="grid-5", params={"responses": 3, "grid": 5}, tiers=("full",)),
            ),
            instance=triples,
            measure=uncovered,
            bound=bounds(stated),
        ),
        Check(
            slug="tenth",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="one-in-ten", tight=True),),
            instance=tenth,
            measure=uncovered,
            bound=bounds(stated),
        ),
    ),
    printed=(
        PrintedForm(
            slug="with-one-kind-of-inequality",
            item="chen2025: Proposition F.5",
            page=None,
            says="Cov_M1(task || model) <= M2 Cov_{M1/M2}(data || model) + Cov_M2(task || data)",
            holds=True,
            check=Check(
                slug="triples-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="grid-3", params={"responses": 3, "grid": 3}),),
                instance=triples,
                measure=uncovered,
                bound=bounds(lambda each: each.second * by_data(each) + by_task(each, strict=False)),
            ),
            mended=(
                "The last term may be P[task/data > M2], which the example of section 2 needs: with >=, as "
                "in Definition 1.1, its Cov_10(task || data) is 1, and no 10 eps follows."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="no-factor",
            why="the data's coverage without the factor M2",
            check="tenth",
            bound=bounds(lambda each: by_data(each) + by_task(each)),
        ),
        FalseVariant(
            slug="tasks-are-in-the-data",
            why="without the last term",
            check="triples",
            bound=bounds(lambda each: each.second * by_data(each)),
            cases=("grid-3",),
        ),
        FalseVariant(
            slug="levels-do-not-multiply",
            why="the data covered at level M1",
            check="triples",
            bound=bounds(
                lambda each: each.second * coverage(each.data, each.model, each.first) + by_task(each)
            ),
            cases=("grid-3",),
        ),
    ),
)
