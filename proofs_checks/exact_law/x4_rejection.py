"""X4: rejection sampling can be drawn at once, with the joint law of answer, cost and clipping.

Statement. Candidates ``y ~ pi_ref`` are accepted with chance ``alpha(y) = min(1, e^{f(y)/beta}/c)``, at most
`budget` of them and no more than `purse` pays for; ``p = E_{pi_ref} alpha``. For ``n <= min(budget, purse)``,

    P(y accepted at candidate n) = (1 - p)^(n-1) pi_ref(y) alpha(y),   P(none) = (1 - p)^min(budget, purse).

So what is accepted has law ``pi_ref alpha / p``; that is ``pi_f``, proportional to ``pi_ref e^{f/beta}``, if
no weight is above ``c``, and in general not otherwise. SoftmaxSampler takes ``c = Zhat M`` with ``Zhat`` the
average weight of `m` draws of their own, and answers with one more draw of ``pi_ref`` if nothing is accepted:
the law of its answer, calls and clipping is that of ``Zhat`` from ``Multinomial(m, pi_ref)``, the formula
above, and one more call where nothing was accepted.

What is checked. (1) ``given-estimate``: every sequence of candidates and coins in rationals, against the
formula: laws of denominator 6 on up to 4 responses, caps below, between and above the weights, budgets to 4,
purses that end sooner. (2) ``accepted``: the enumerated law of what is accepted, against ``pi_f``, where
nothing clips. (3) ``sampler``: the whole of SoftmaxSampler, by enumeration of the draws of its estimate too.
(4) ``simulator``: SoftmaxSampler run on an oracle of either law, against (3), in total variation.

What is not. How close ``pi_ref alpha/p`` is to ``pi_f`` where weights clip, and how often they do: S8.

Why trust it. The enumeration flips a coin for each candidate and knows nothing of geometric or multinomial
laws; (4) calls the sampler as an algorithm does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Sample,
    Trial,
)
from explore_theory.oracles.answers import Status
from explore_theory.oracles.expressions import Dot
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import TabularProblem
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.enumeration import partitions
from proofs_checks.exact_law.formal import proved_searches
from proofs_checks.exact_law.sampler_enumeration import (
    Answer,
    Rejection,
    Sampler,
    Tried,
    answered,
    at_once,
    candidate_by_candidate,
    draw_by_draw,
)

#: 24,576 draws have a margin of .022.
BAND = Resolution(absolute=0.04)
#: 100,000 have one of .011.
FINE = Resolution(absolute=0.015)
#: Replicates that move side by side.
TOGETHER = 8192
_WEIGHTS = {2: ((1, 3), (2, 1)), 3: ((1, 2, 4), (3, 3, 1)), 4: ((1, 2, 4, 8),)}
_CAPS = (Fraction(1, 2), Fraction(2), Fraction(3), Fraction(9))


# --- given an estimate -------------------------------------------------------------------------------------


def rejections(trial: Trial) -> list[Rejection]:
    """All laws, weights, caps, budgets and purses of the case."""
    count, most = (int(trial.case.params[name]) for name in ("responses", "most candidates"))
    return [
        Rejection(tuple(Fraction(q, 6) for q in law), tuple(map(Fraction, weights)), cap, budget, purse)
        for law in partitions(6, count)
        for weights in _WEIGHTS[count]
        for cap in _CAPS
        for budget in range(most + 1)
        # A purse beyond the budget makes no difference; the last one is.
        for purse in range(0, budget + 2, 2)
    ]


def described(world: Rejection | Sampler) -> dict[str, Any]:
    """A witness."""
    law = {"law": ", ".join(map(str, world.base)), "weights": ", ".join(map(str, world.weights))}
    if isinstance(world, Sampler):
        return law | {"M": str(world.ratio), "m": world.normaliser, "tries": world.tries}
    return law | {"cap": str(world.cap), "budget": world.budget, "purse": world.purse}


def tried(world: list[Rejection]) -> Measurement:
    """The probability of every outcome in the process itself."""
    rows = [(w, outcome, mass) for w in world for outcome, mass in candidate_by_candidate(w).items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        unit="outcomes",
        witness=lambda k: described(rows[k][0]) | {"outcome": str(rows[k][1])},
    )


def stated_by(formula: Callable[[Rejection], dict[Tried, Fraction]]) -> Callable[[list[Rejection]], Bound]:
    """What `formula` gives to the outcomes of the process; it sums to one, so no other has mass."""

    def bound(world: list[Rejection]) -> Bound:
        laws = [(formula(w), candidate_by_candidate(w)) for w in world]
        return Bound.of([stated.get(o, Fraction(0)) for stated, own in laws for o in own])

    return bound


# --- what is accepted --------------------------------------------------------------------------------------


def unclipped(trial: Trial) -> list[Rejection]:
    """Rejections in which no weight is above the cap, and something may be accepted."""
    return [w for w in rejections(trial) if w.most and not _clips(w)]


def _clips(world: Rejection) -> bool:
    return any(world.clips(y) for y, q in enumerate(world.base) if q)


def accepted(world: list[Rejection]) -> Measurement:
    """The law of the response given that one is accepted, from the enumeration."""
    values = []
    for w in world:
        law = candidate_by_candidate(w)
        masses = [
            sum((mass for o, mass in law.items() if o[:2] == (Status.OK, y)), Fraction(0))
            for y in range(len(w.base))
        ]
        values += [mass / sum(masses) for mass in masses]
    places = [w for w in world for _ in w.base]
    return Measurement.exact(values, unit="responses", witness=lambda k: described(places[k]))


def tilted(world: list[Rejection]) -> Bound:
    """``pi_f``."""
    return Bound.of([w.tilted(y) for w in world for y in range(len(w.base))])


# --- the sampler -------------------------------------------------------------------------------------------


def samplers(trial: Trial) -> list[Sampler]:
    """All laws and weights of the case, at several ratios."""
    params = trial.case.params
    count, normaliser, tries = (int(params[name]) for name in ("responses", "normaliser", "tries"))
    return [
        Sampler(tuple(Fraction(q, 6) for q in law), tuple(map(Fraction, weights)), ratio, normaliser, tries)
        for law in partitions(6, count)
        for weights in _WEIGHTS[count]
        for ratio in (Fraction(1), Fraction(5, 4), Fraction(3))
    ]


def sampled(world: list[Sampler], **changes: Any) -> Measurement:
    """The probability of every answer in the process itself, or in one with `changes`."""
    rows = [
        (w, answer, draw_by_draw(w, **changes).get(answer, Fraction(0)))
        for w in world
        for answer in draw_by_draw(w)
    ]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        unit="answers",
        witness=lambda k: described(rows[k][0]) | {"answer, calls, clipped, missed": str(rows[k][1])},
    )


def answered_by(formula: Callable[[Sampler], dict[Answer, Fraction]]) -> Callable[[list[Sampler]], Bound]:
    """What `formula` gives to the answers of the process; it sums to one, so no other has mass."""

    def bound(world: list[Sampler]) -> Bound:
        laws = [(formula(w), draw_by_draw(w)) for w in world]
        return Bound.of([stated.get(a, Fraction(0)) for stated, own in laws for a in own])

    return bound


# --- the simulators ----------------------------------------------------------------------------------------

#: Weights 1, 2 and 4, ``Z = 2``. With M = 5/4 no average of them times M equals one, so nothing ties.
_TINY = Sampler(
    base=(Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)),
    weights=(Fraction(1), Fraction(2), Fraction(4)),
    ratio=Fraction(5, 4),
    normaliser=2,
    tries=2,
)
_SLOPE = np.array([2 * np.log(2.0)])


@dataclass(frozen=True)
class Simulation:
    """Answers of a sampler under `law`, `draws` times."""

    law: str
    draws: int
    path: tuple[str, ...]
    reseed: int


def simulation(trial: Trial) -> comparison.Drawn:
    """The answers of the case."""
    asked = simulation_of(trial)
    return comparison.Drawn(asked, answers(asked))


def simulation_of(trial: Trial) -> Simulation:
    """What the case asks for."""
    params, streams = trial.case.params, trial.streams
    path = (*streams.path, str(streams.rows[0]))
    return Simulation(str(params["law"]), int(params["draws"]), path, streams.reseed)


def answers(world: Simulation, known: bool = False) -> comparison.Outcomes:
    """Response, calls, clipped, missed; with `known` the estimate is paid for and not used."""
    sampler = SoftmaxSampler(ratio=1.25, normaliser=_TINY.normaliser, tries=_TINY.tries)
    rows = range(min(TOGETHER, world.draws))
    streams = Streams((*world.path, world.law), rows, world.reseed)
    problem = TabularProblem(
        prompt_mass=np.ones(1),
        base=np.array([[float(q) for q in _TINY.base]]),
        features=np.array([[[0.0], [0.5], [1.0]]]),
        reward=np.zeros((1, 3)),
        beta=1.0,
    )
    oracle = oracles.open(problem, law=world.law, streams=streams)
    ctx, every, weight = oracle.prompt(), np.ones(len(rows), dtype=bool), Dot(_SLOPE)
    batches = []
    for _ in range(0, world.draws, len(rows)):
        before = oracle.ledger.compute
        normaliser = sampler.estimate(oracle, ctx, weight, every)
        if known:
            normaliser = np.full(len(rows), np.log(2.0))
        drawn = sampler.sample(oracle, ctx, weight, every, normaliser)
        calls = oracle.ledger.compute - before
        batches.append(np.column_stack([drawn.response, calls, drawn.clipped, drawn.missed]))
    return comparison.whole(np.concatenate(batches))


def simulated(world: comparison.Drawn, known: bool = False) -> Sample:
    """Distance of the simulator's answers from the enumerated law; `known` is that of `answers`."""
    found = answers(world.asked, known) if known else world.outcomes
    law = {tuple(map(int, answer)): mass for answer, mass in draw_by_draw(_TINY).items()}
    return comparison.to_law(found, law)


# --- false variants ----------------------------------------------------------------------------------------


def shifted(world: Rejection) -> dict[Tried, Fraction]:
    """The number of rejected candidates, taken for the number of candidates."""
    return {(o[0], o[1], o[2] - (o[0] is Status.OK), o[3]): mass for o, mass in at_once(world).items()}


def uncapped(world: Rejection) -> dict[Tried, Fraction]:
    """Candidates are drawn until one is accepted."""
    return {o: mass for o, mass in at_once(world).items() if o[0] is Status.OK}


def unclipping(world: Rejection) -> dict[Tried, Fraction]:
    """What is accepted has law ``pi_f``, whatever clips."""
    law = at_once(world)
    for outcome, mass in law.items():
        y = outcome[1]
        if y is not None and mass:
            law[outcome] = mass * world.tilted(y) * world.acceptance / (world.base[y] * world.chance(y))
    return law


def clipped(trial: Trial) -> list[Rejection]:
    """Rejections in which some weight is above the cap."""
    return [w for w in rejections(trial) if w.most and _clips(w)]


def _given(n: int, most: int, *tiers: str) -> Case:
    params = {"responses": n, "most candidates": most}
    return Case(slug=f"n-{n}-candidates-{most}", params=params, tight=True, tiers=tiers or ("quick", "full"))


def _sampler(n: int, m: int, tries: int, *tiers: str) -> Case:
    params = {"responses": n, "normaliser": m, "tries": tries}
    slug = f"n-{n}-m-{m}-tries-{tries}"
    return Case(slug=slug, params=params, tight=True, tiers=tiers or ("quick", "full"))


def _simulated(slug: str, resolution: Resolution, draws: int, *tiers: str) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=tuple(
            Case(slug=law, params={"law": law, "draws": draws}, tiers=tiers)
            for law in ("literal", "exact-law")
        ),
        instance=simulation,
        measure=simulated,
        resolution=resolution,
    )


CLAIM = Claim(
    id="X4",
    slug="rejection-at-once",
    theorem="exact_law",
    title="Rejection sampling can be drawn at once with the joint law of answer, cost and clipping",
    statement=(
        "For every pi_ref, weights, cap c, budget and purse: candidate n is the first accepted, and is y, "
        "with probability (1-p)^(n-1) pi_ref(y) alpha(y), alpha = min(1, weight/c), p = E alpha; what is "
        "accepted has law pi_ref alpha/p, which is pi_f if nothing clips. SoftmaxSampler is this at c = "
        "Zhat M, Zhat a function of Multinomial(m, pi_ref), with a fresh draw where nothing is accepted. The "
        "simulator's samplers have this law."
    ),
    formula=r"P(y, n) = (1-p)^{n-1}\, \pi_{ref}(y)\, \alpha(y), \qquad P(\text{none}) = (1-p)^{\mathrm{cap}}",
    relation="==",
    scope=(
        "Joint laws by enumeration in rationals, N <= 4 responses, 4 candidates, estimates from up to 3 "
        "draws; the simulator to a distance of .04 (full: .015)."
    ),
    source="Ours; rejection sampling is von Neumann's (1951).",
    uses=("X3",),
    checks=(
        Check(
            slug="given-estimate",
            evidence=Evidence.EXHAUSTIVE,
            cases=(_given(2, 4), _given(3, 3), _given(3, 4, "full"), _given(4, 4, "full")),
            instance=rejections,
            measure=tried,
            bound=stated_by(at_once),
        ),
        Check(
            slug="accepted",
            evidence=Evidence.EXHAUSTIVE,
            cases=(_given(2, 4), _given(3, 3), _given(4, 3, "full")),
            instance=unclipped,
            measure=accepted,
            bound=tilted,
        ),
        Check(
            slug="sampler",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                _sampler(2, 2, 3),
                _sampler(3, 2, 2),
                _sampler(3, 3, 3, "full"),
                _sampler(4, 2, 3, "full"),
            ),
            instance=samplers,
            measure=sampled,
            bound=answered_by(answered),
        ),
        _simulated("simulator", BAND, 24_576, "quick", "full"),
        _simulated("simulator-fine", FINE, 100_000, "full"),
    ),
    false_variants=(
        FalseVariant(
            slug="shifted",
            why="The geometric law counts rejected candidates.",
            check="given-estimate",
            bound=stated_by(shifted),
        ),
        FalseVariant(
            slug="uncapped",
            why="Candidates are drawn until one is accepted.",
            check="given-estimate",
            bound=stated_by(uncapped),
        ),
        FalseVariant(
            slug="clipping-ignored",
            why="What is accepted is said to have law pi_f, whatever clips.",
            check="given-estimate",
            bound=stated_by(unclipping),
        ),
        FalseVariant(
            slug="accepted-though-clipped",
            why="What is accepted is held against pi_f where some weight is above the cap.",
            check="accepted",
            instance=clipped,
        ),
        FalseVariant(
            slug="known-normaliser",
            why="The true normaliser stands for its estimate, at the same cost.",
            check="sampler",
            bound=answered_by(partial(answered, known=True)),
        ),
        FalseVariant(
            slug="last-rejected-returned",
            why="Where nothing is accepted the answer is the last candidate.",
            check="sampler",
            measure=partial(sampled, fallback="last"),
        ),
        FalseVariant(
            slug="draws-reused",
            why="The draws of the estimate are the first candidates.",
            check="sampler",
            measure=partial(sampled, reuse=True),
        ),
        FalseVariant(
            slug="simulator-knows-normaliser",
            why="The simulated sampler is given the true normaliser.",
            check="simulator",
            measure=partial(simulated, known=True),
            cases=("exact-law",),
        ),
        FalseVariant(
            slug="fine-knows-normaliser",
            why="The same, as finely as the full tier tells.",
            check="simulator-fine",
            measure=partial(simulated, known=True),
            cases=("exact-law",),
        ),
    ),
    proofs=(proved_searches.rejection(),),
)
