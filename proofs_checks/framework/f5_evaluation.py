"""F5: what is evaluated exactly is what the definitions say, digit by digit, on problems of uneven prompts.

Statement. For every finite problem and every policy of the package, ``exact.objective``, ``gap``, ``kl``,
``soft_value``, ``optimal_objective``, ``optimal_policy``, ``coverage`` and ``log_coverage`` are the numbers
of their definitions, up to rounding: `ROUNDING` times the sizes that are added (`rounding`).

What is checked. On drawn problems: fifty digits of Python's `decimal`, summed over prompts and responses as
the definitions read, against float64 in log space. Prompts have uneven masses, one of them zero; some
responses are outside the support of the base policy; `R`, ``beta`` and the length of ``theta`` differ from
one and from each other; scores tie; a policy has two replicates that differ. *many-prompts* has more prompts
than are held at a time. *rows* gives each row of `foundation.laws` a ``beta`` of its own.

What is not. Problems with an atom of many responses (C4, CT), and policies of learners, which are laws of
their own (`SpannerPolicy`, token policies).

Why trust it. The two routes share the doubles of the problem and nothing else: one is plain loops in
decimals, the other sums in log space. The law of the best of `N` draws is counted over all tuples of draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.foundation import laws
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from explore_theory.policies import Base, BestOf, LawPolicy, Mixture, PointMass, Softmax, Tabular
from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import Floats
from proofs_checks.framework.fifty_digits import DIGITS, FiftyDigits, Policy, decimals, mixed, normalised

#: Relative rounding that is allowed for, some fifteen units in the last place.
ROUNDING = 3e-15
#: Responses outside the support would cost every policy that shows them an infinite gap.
FINITE = ("softmax", "best-of", "mixture", "base")
FAMILIES = (*FINITE, "table", "point-mass")
#: Draws of the best of several.
DRAWS = 3
QUANTITIES = (
    "objective",
    "gap",
    "kl to the base policy",
    "kl from the optimal policy",
    "log-coverage",
    "soft value",
    "optimal objective",
    "log C_cov",
    "optimal policy",
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One policy of the package and the same one in decimals, `rows` of them side by side."""

    package: LawPolicy
    plain: tuple[Policy, ...]


@dataclass(frozen=True, kw_only=True)
class World:
    """Problems, each with a policy of two replicates; the first one's number."""

    problems: tuple[TabularProblem, ...]
    pairs: tuple[Pair, ...]
    first: int = 0


def drawn_problem(random: np.random.Generator, prompts: int = 4, responses: int = 4) -> TabularProblem:
    """Uneven prompts, one of mass zero; features on a grid, so that scores tie; maybe one off the support."""
    rho = random.dirichlet(np.full(prompts, 0.7))
    rho[random.integers(prompts)] = 0.0
    logits = np.clip(6.0 * random.normal(size=(prompts, responses)), -20.0, 0.0)
    base = np.exp(laws.log_normalise(logits))
    base[random.integers(prompts), random.integers(responses)] *= random.uniform() < 0.5
    beta = float(10 ** random.uniform(-1.5, 1.0))
    reward = 10 ** random.uniform(-1.0, 1.5) * random.uniform(-1.0, 1.0, size=(prompts, responses))
    # The exponential of what decimals hold is exact; float64 bounds the spread.
    spread = np.ptp(reward, axis=-1).max() / beta
    return TabularProblem(
        prompt_mass=rho / rho.sum(),
        base=base / base.sum(axis=-1, keepdims=True),
        features=random.integers(-1, 2, size=(prompts, responses, 2)) / 2.0,
        reward=reward * min(1.0, 200.0 / spread),
        beta=beta,
    )


def drawn_policy(random: np.random.Generator, truth: FiftyDigits, family: str) -> Pair:
    """A policy of two replicates."""
    shape = truth.problem.base.shape
    theta = random.integers(-8, 9, size=(2, 2)) / 4.0
    if family == "base":
        return Pair(package=Base(), plain=(truth.base,))
    if family == "softmax":
        return Pair(package=Softmax(theta), plain=tuple(map(truth.softmax, theta)))
    if family == "best-of":
        return Pair(package=BestOf(theta, DRAWS), plain=tuple(truth.best_of(t, DRAWS) for t in theta))
    if family == "table":
        table = Tabular(laws.log_normalise(3.0 * random.normal(size=(2, *shape))))
        return Pair(package=table, plain=tuple(map(tabled, table.log_probs)))
    if family == "point-mass":
        response = random.integers(shape[1], size=2)
        return Pair(package=PointMass(response), plain=tuple(pointed(int(r), shape[1]) for r in response))
    weights = random.dirichlet(np.ones(3), size=2)
    parts = [drawn_policy(random, truth, name) for name in ("softmax", "best-of", "base")]
    return Pair(
        package=Mixture(weights, tuple(part.package for part in parts)),
        plain=tuple(
            mixed(
                normalised(decimals(weights[r])), [part.plain[min(r, len(part.plain) - 1)] for part in parts]
            )
            for r in range(2)
        ),
    )


def tabled(log_probs: Floats) -> Policy:
    """The law of a table of logarithms `[X, N]`."""
    return lambda x: normalised([value.exp() for value in decimals(log_probs[x])])


def pointed(response: int, responses: int) -> Policy:
    """Always `response`."""
    return lambda _: [Decimal(int(y == response)) for y in range(responses)]


def worlds(trial: Trial) -> World:
    """A problem and a policy per row."""
    family = str(trial.case.params["policy"])
    prompts, responses = (int(trial.case.params[name]) for name in ("prompts", "responses"))
    randoms = trial.streams.generators()
    problems = tuple(drawn_problem(random, prompts, responses) for random in randoms)
    with localcontext(prec=DIGITS):
        pairs = tuple(
            drawn_policy(random, FiftyDigits(problem), family)
            for random, problem in zip(randoms, problems, strict=True)
        )
    return World(problems=problems, pairs=pairs, first=trial.streams.rows[0])


# --- the two routes -----------------------------------------------------------------------------------------

#: The quantities of one problem and policy, one row per replicate.
Route = Callable[[TabularProblem, Pair], Sequence[Sequence[Any]]]


def by_package(problem: TabularProblem, pair: Pair) -> list[list[Floats]]:
    """`QUANTITIES` by `explore_theory.exact`, for each replicate of the policy."""
    best, policy = exact.optimal_policy(problem), pair.package
    found = [
        exact.objective(problem, policy),
        exact.gap(problem, policy),
        exact.kl(problem, policy, Base()),
        exact.kl(problem, best, policy),
        exact.log_coverage(problem, policy),
        exact.soft_value(problem),
        exact.optimal_objective(problem),
        np.log(exact.coverage(problem)),
        # One number for a whole table: the chance of the last response, averaged.
        problem.prompt_mass @ np.exp(best.log_probs[:, -1:]),
    ]
    rows = len(pair.plain)
    return [[np.broadcast_to(column, rows)[r] for column in found] for r in range(rows)]


def by_definition(problem: TabularProblem, pair: Pair) -> list[list[Decimal]]:
    """`QUANTITIES` in decimals."""
    truth = FiftyDigits(problem)
    best = truth.objective(truth.optimal)
    shared = [
        truth.soft_value(),
        best,
        truth.log_coverage(truth.optimal),
        truth.average(lambda x: truth.optimal(x)[-1]),
    ]
    found = []
    for policy in map(cache, pair.plain):
        value = truth.objective(policy)
        found.append(
            [
                value,
                best - value,
                truth.divergence(policy, truth.base),
                truth.divergence(truth.optimal, policy),
                truth.log_coverage(policy),
                *shared,
            ]
        )
    return found


def distances(world: World, package: Route = by_package) -> Measurement:
    """By how much the routes differ, in units of the rounding that is allowed."""
    apart, names = [], []
    with localcontext(prec=DIGITS):
        for k, (problem, pair) in enumerate(zip(world.problems, world.pairs, strict=True), world.first):
            allowed = rounding(problem, pair)
            routes = zip(package(problem, pair), by_definition(problem, pair), strict=True)
            for row, (ours, truth) in enumerate(routes):
                for name, one, other in zip(QUANTITIES, ours, truth, strict=True):
                    apart.append(_apart(float(one), other) / allowed[name not in _REWARDS])
                    names.append({"problem": k, "replicate": row, "quantity": name})
    return Measurement.exact(apart, effort=len(world.problems), unit="problems", witness=lambda k: names[k])


#: Quantities in units of reward; the others are logarithms or probabilities.
_REWARDS = ("objective", "gap", "soft value", "optimal objective")


def rounding(problem: TabularProblem, pair: Pair) -> tuple[float, float]:
    """What rounding may do: in units of reward, and to logarithms."""
    deepest = -float(np.log(problem.base[problem.base > 0]).min())
    spread = problem.reward_range / problem.beta
    if isinstance(pair.package, Softmax | Mixture | BestOf):
        # Scores are at most 2 |theta| apart.
        spread += 6.0 / problem.beta
    log_error = ROUNDING * (1 + spread) * (30 + deepest + spread)
    return float(np.abs(problem.reward).max()) * ROUNDING + problem.beta * log_error, log_error


def _apart(one: float, other: Decimal) -> float:
    if not np.isfinite(one) or not other.is_finite():
        return 0.0 if one == float(other) else float("inf")
    return abs(float(Decimal(one) - other))


# --- rows of laws, each with its own beta -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Laws `[K, N]` with rewards, and ``beta`` `[K]`."""

    log_policy: Floats
    log_base: Floats
    reward: Floats
    beta: Floats


def rows(trial: Trial) -> Rows:
    """A row of four responses for each row of the block."""
    randoms = trial.streams.generators()
    policy, base, reward = (np.stack([random.normal(size=4) for random in randoms]) for _ in range(3))
    return Rows(
        log_policy=laws.log_normalise(2 * policy),
        log_base=laws.log_normalise(3 * base),
        reward=2.5 * reward,
        beta=np.array([10 ** random.uniform(-1, 1) for random in randoms]),
    )


def row_distances(world: Rows, beta: Callable[[Floats], Floats] = lambda beta: beta) -> Measurement:
    """As `distances`, for functions of `laws` that take a ``beta`` per row."""
    given = beta(world.beta)
    ours = np.stack(
        [
            laws.objective(world.log_policy, world.log_base, world.reward, given),
            laws.gap(world.log_policy, world.log_base, world.reward, given),
            laws.soft_value(world.log_base, world.reward, given),
            given * laws.kl(world.log_policy, laws.optimal(world.log_base, world.reward, given)),
            given * laws.coverage(laws.optimal(world.log_base, world.reward, given), world.log_base),
            laws.expectation(world.log_policy, world.reward),
        ]
    )
    apart = []
    for k, own in enumerate(world.beta):
        problem = TabularProblem(
            prompt_mass=np.ones(1),
            base=np.exp(world.log_base[k])[None],
            features=np.zeros((1, 4, 1)),
            reward=world.reward[k][None],
            beta=float(own),
        )
        with localcontext(prec=DIGITS):
            truth, policy = FiftyDigits(problem), tabled(world.log_policy[k][None])
            log_error = rounding(problem, Pair(package=Base(), plain=()))[1]
            values = [
                truth.objective(policy),
                truth.gap(policy),
                truth.soft_value(),
                truth.beta * truth.divergence(policy, truth.optimal),
                truth.beta * truth.log_coverage(truth.optimal),
                truth.objective(policy) + truth.beta * truth.divergence(policy, truth.base),
            ]
            apart += [
                _apart(float(one), other) / ((1.0 + float(own)) * log_error)
                for one, other in zip(ours[:, k], values, strict=True)
            ]
    return Measurement.exact(apart, effort=len(world.beta), unit="rows")


# --- what is false ------------------------------------------------------------------------------------------


def with_even_prompts(problem: TabularProblem, pair: Pair) -> list[list[Floats]]:
    """Every prompt counts alike."""
    support = (problem.prompt_mass > 0) / (problem.prompt_mass > 0).sum()
    return by_package(_changed(problem, prompt_mass=support), pair)


def at_temperature(factor: float) -> Route:
    """``beta`` is `factor` times what it is."""
    return lambda problem, pair: by_package(_changed(problem, beta=factor * problem.beta), pair)


def swapped(problem: TabularProblem, pair: Pair) -> list[list[Floats]]:
    """The replicates of the policy change places."""
    return by_package(problem, pair)[::-1]


def one_draw_fewer(problem: TabularProblem, pair: Pair) -> list[list[Floats]]:
    """Best of two draws for best of three."""
    assert isinstance(pair.package, BestOf)
    return by_package(problem, Pair(package=BestOf(pair.package.theta, DRAWS - 1), plain=pair.plain))


def _changed(problem: TabularProblem, **changes: Any) -> TabularProblem:
    given = {name: getattr(problem, name) for name in ("prompt_mass", "base", "features", "reward", "beta")}
    return TabularProblem(**{**given, **changes})


CLAIM = Claim(
    id="F5",
    slug="evaluation",
    theorem="framework",
    title="What is evaluated is what is defined",
    statement=(
        "For every finite problem and policy, objective, gap, divergence, soft value, optimal policy and "
        "coverage as the package computes them are the numbers of their definitions, up to 3e-15 times the "
        "sizes that are added."
    ),
    formula=(
        r"J(\pi) = \sum_x \rho(x) \Bigl( \sum_y \pi(y\mid x) r(x, y) - \beta\, \mathrm{KL}(\pi(\cdot\mid x) "
        r"\,\Vert\, \pi_{\mathrm{ref}}(\cdot\mid x)) \Bigr)"
    ),
    relation="<=",
    scope=(
        "Drawn problems of 4 prompts of uneven mass and 4 responses, and one of 4,200 prompts; R/beta to "
        "200, base masses to 1e-9 and zero; six kinds of policies."
    ),
    source="Definitions of section 1 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2.",
    explicit=True,
    loose="It is an equality up to rounding, whose size is a bound with room.",
    checks=(
        Check(
            slug="tables",
            evidence=Evidence.ADVERSARIAL,
            cases=tuple(
                Case(
                    slug=family,
                    params={"policy": family, "prompts": 4, "responses": 4},
                    rows={"quick": 12, "full": 96},
                    block=12,
                )
                for family in FAMILIES
            ),
            instance=worlds,
            measure=distances,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="many-prompts",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="base", params={"policy": "base", "prompts": 4200, "responses": 2}),),
            instance=worlds,
            measure=distances,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="rows",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="own-beta", rows={"quick": 32, "full": 256}),),
            instance=rows,
            measure=row_distances,
            bound=lambda _: Bound.of(1.0),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="even-prompts",
            why="Every prompt counts alike.",
            check="tables",
            measure=lambda world: distances(world, with_even_prompts),
            cases=("softmax",),
        ),
        FalseVariant(
            slug="even-many-prompts",
            why="Every one of many prompts counts alike.",
            check="many-prompts",
            measure=lambda world: distances(world, with_even_prompts),
        ),
        FalseVariant(
            slug="temperature-doubled",
            why="beta is twice what it is.",
            check="tables",
            measure=lambda world: distances(world, at_temperature(2.0)),
            cases=("table",),
        ),
        FalseVariant(
            slug="replicates-swapped",
            why="The replicates of a policy change places.",
            check="tables",
            measure=lambda world: distances(world, swapped),
            cases=("mixture",),
        ),
        FalseVariant(
            slug="one-draw-fewer",
            why="The best of two draws for the best of three.",
            check="tables",
            measure=lambda world: distances(world, one_draw_fewer),
            cases=("best-of",),
        ),
        FalseVariant(
            slug="one-beta",
            why="All rows take the beta of the first.",
            check="rows",
            measure=lambda world: row_distances(world, lambda beta: np.full_like(beta, beta[0])),
        ),
    ),
)
