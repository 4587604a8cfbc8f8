"""One model at growing lengths: what learners pay, and how near they come, by exact gaps.

Letters: `H` tokens per response, `R` runs of a learner. Calls are counted in tokens: a draw of a whole
response costs `H` (C51).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from explore_theory import exact
from explore_theory.algorithms import MTSS, SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.exact.realisation import realisation_errors
from explore_theory.foundation.streams import derived_key
from explore_theory.foundation.validation import positive, whole
from explore_theory.policies import BestOf
from explore_theory.problems import TabularProblem
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.protocol import Floats
from explore_theory.running.playing import play
from explore_theory.studies.families import Family
from explore_theory.studies.responses import by_reward, least_log_draws

#: Accuracies that are asked for, in parts of the base policy's gap; the last one at every length.
FRACTIONS = (0.2, 0.1, 0.05)
#: Failure probability that schedules with a proof are made for.
DELTA = 0.25
#: Best-of-N is looked at for N up to two to this.
DOUBLINGS = 40
LENGTHS = (2, 4, 8, 16)
RUNS = 4
#: Pairs of tokens, over the states of a layer, for which linear programmes are solved.
_MOST_PAIRS = 20_000
#: Seeds are below this.
_SEEDS = 2**32


class Step(NamedTuple):
    """A learner at one length and accuracy, as it begins and once it has `ended`."""

    family: str
    horizon: int
    learner: str
    ended: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What runs of one learner came to.

    Parameters
    ----------
    learner
        ``mtss`` or ``spanner-sampling``.
    eps
        The accuracy that it was made for, in units of reward.
    calls, rounds, gap
        `[R]`: calls of the model in tokens, reward rounds, exact gaps in units of reward.
    missing
        Why there are none, or ``""``.
    """

    learner: str
    eps: float
    calls: Floats = field(default_factory=lambda: np.zeros(0))
    rounds: Floats = field(default_factory=lambda: np.zeros(0))
    gap: Floats = field(default_factory=lambda: np.zeros(0))
    missing: str = ""

    @property
    def reached(self) -> int:
        """Runs whose gap is at most `eps`."""
        return int((self.gap <= self.eps).sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """One model at one length.

    Parameters
    ----------
    family, says
        The model, and what is rewarded.
    horizon
        `H`.
    beta, reward_range, base_gap
        In units of reward; the gap of the base policy.
    log_coverage, log_conditional
        ``log C_cov`` and ``log C_cond``.
    log_least_draws
        Of whole responses, for any rule that returns one of them, within the smallest accuracy.
    derived_rounds, practical_rounds
        Rollouts a tuple: what MTSS's proof asks for, and the fewest that its practical schedule takes.
    misfit
        How far differences of ``Q_h`` are from linear in the features, in units of reward: zero where
        parameters are declared, None where that was not worked out.
    best_of
        Exact gaps of the best of ``2^k`` responses by their true reward, ``k = 0, 1, ..``.
    outcomes
        Of both learners, at one accuracy or several.
    """

    family: str
    says: str
    horizon: int
    beta: float
    reward_range: float
    base_gap: float
    log_coverage: float
    log_conditional: float
    log_least_draws: float | None
    derived_rounds: int | None
    practical_rounds: int | None
    misfit: float | None
    best_of: Floats
    outcomes: tuple[Outcome, ...]

    @property
    def eps(self) -> float:
        """The smallest accuracy that is asked for."""
        return FRACTIONS[-1] * self.base_gap

    def of(self, learner: str) -> Outcome:
        """The outcome of `learner` at the smallest accuracy."""
        return next(one for one in reversed(self.outcomes) if one.learner == learner)

    @property
    def gap_bound(self) -> float | None:
        """``eps + H e^2/(8 beta)``: what TTm leaves of MTSS's gap where `misfit` is `e`."""
        if self.misfit is None:
            return None
        return self.eps + self.horizon * self.misfit**2 / (8 * self.beta)

    @property
    def least_best_of(self) -> int | None:
        """The least power of two `N` for which the best of `N` is within `eps`; None if none is."""
        found = np.flatnonzero(self.best_of <= self.eps)
        return 2 ** int(found[0]) if found.size else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """All points, family by family, each at rising lengths."""

    points: tuple[Point, ...]
    runs: int
    seed: int

    def families(self) -> list[list[Point]]:
        """The points of each family."""
        names = dict.fromkeys(point.family for point in self.points)
        return [[point for point in self.points if point.family == name] for name in names]


def lengths_of(lengths: Sequence[int]) -> tuple[int, ...]:
    """`lengths` in rising order.

    Raises
    ------
    InvalidProblem
        If there is none, one is below 1, or one is there twice.
    """
    found = sorted(whole("lengths", one, least=1) for one in lengths)
    if not found or len(set(found)) < len(found):
        raise InvalidProblem(f"lengths must be different whole numbers, one at least, got {list(lengths)!r}")
    return tuple(found)


def measured_at(
    family: Family,
    horizon: int,
    *,
    runs: int = RUNS,
    seed: int = 0,
    all_accuracies: bool = False,
    heard: Callable[[Step], None] = lambda _: None,
) -> Point:
    """One length: `runs` runs of each learner at the smallest accuracy, or at all of `FRACTIONS`.

    What is drawn is derived from `seed`, the family's name and the length alone. `heard` is told of each
    learner as it begins and ends.

    Raises
    ------
    InvalidProblem
        If an argument is out of range. A learner that refuses the problem is an outcome with its reason.
    """
    runs, horizon = whole("runs", runs, least=1), whole("horizon", horizon, least=1)
    problem = family.problem(horizon)
    base_gap = float(soft_dynamics.gap(problem, soft_dynamics.base_policy(problem)))
    positive("gap of the base policy", base_gap)
    key = derived_key(("study", family.name, str(horizon)), 0, whole("seed", seed, least=0)) % _SEEDS
    view, why = _whole_responses(problem)
    fractions = FRACTIONS if all_accuracies else FRACTIONS[-1:]
    outcomes = []
    for fraction in fractions:
        eps = fraction * base_gap
        heard(Step(family.name, horizon, "mtss", ended=False))
        outcomes.append(_tokens(problem, eps, runs, key))
        heard(Step(family.name, horizon, "mtss", ended=True))
        heard(Step(family.name, horizon, "spanner-sampling", ended=False))
        outcomes.append(_responses(view, why, horizon, eps, runs, key))
        heard(Step(family.name, horizon, "spanner-sampling", ended=True))
    eps = FRACTIONS[-1] * base_gap
    practical, derived = _schedules(problem, eps)
    return Point(
        family=family.name,
        says=family.says,
        horizon=horizon,
        beta=problem.beta,
        reward_range=problem.reward_range,
        base_gap=base_gap,
        log_coverage=float(soft_dynamics.log_coverage(problem)),
        log_conditional=float(soft_dynamics.log_conditional_coverage(problem)),
        log_least_draws=None if view is None else least_log_draws(view, eps),
        derived_rounds=derived,
        practical_rounds=practical,
        misfit=_misfit(problem),
        best_of=np.zeros(0) if view is None else _best_of(view),
        outcomes=tuple(outcomes),
    )


def studied(
    families: Sequence[Family], lengths: Sequence[int] = LENGTHS, *, runs: int = RUNS, seed: int = 0
) -> Study:
    """All `families` at all `lengths`, one after the other; at the largest length for all accuracies."""
    jobs = jobs_of(families, lengths)
    points = tuple(
        measured_at(family, h, runs=runs, seed=seed, all_accuracies=every) for family, h, every in jobs
    )
    return Study(points=points, runs=runs, seed=seed)


def jobs_of(families: Sequence[Family], lengths: Sequence[int]) -> list[tuple[Family, int, bool]]:
    """Family, length, and whether it is asked for all accuracies; lengths beyond a family's are left out.

    Raises
    ------
    InvalidProblem
        Also if a family has none of the lengths.
    """
    rising, jobs = lengths_of(lengths), []
    for family in families:
        longest = family.longest
        own = [h for h in rising if longest is None or h <= longest]
        if not own:
            raise InvalidProblem(
                f"lengths must be at most {longest} for {family.name}, one of them, got {rising[0]} at least"
            )
        jobs += [(family, h, h == own[-1]) for h in own]
    return jobs


def steps_of(families: Sequence[Family], lengths: Sequence[int]) -> int:
    """How many learners a study runs, at all lengths and accuracies; see `Step`.

    Raises
    ------
    InvalidProblem
        As `jobs_of` does.
    """
    return sum(2 * (len(FRACTIONS) if every else 1) for _, _, every in jobs_of(families, lengths))


def _whole_responses(problem: AutoregressiveProblem) -> tuple[TabularProblem | None, str]:
    """`by_reward`, or why there is none."""
    try:
        return by_reward(problem), ""
    except InvalidProblem as error:
        return None, str(error)


def _tokens(problem: AutoregressiveProblem, eps: float, runs: int, seed: int) -> Outcome:
    """MTSS with its practical schedule."""
    try:
        played = play(MTSS.practical(problem.facts, eps), problem, replicates=runs, seed=seed)
    except InvalidProblem as error:
        return Outcome(learner="mtss", eps=eps, missing=str(error))
    return Outcome(
        learner="mtss",
        eps=eps,
        calls=np.asarray(played.ledger.compute, dtype=np.float64),
        rounds=np.asarray(played.ledger.data, dtype=np.float64),
        gap=played.gap,
    )


def _responses(
    view: TabularProblem | None, why: str, horizon: int, eps: float, runs: int, seed: int
) -> Outcome:
    """SpannerSampling with the schedule of its theorem, rarely switching."""
    name = "spanner-sampling"
    if view is None:
        return Outcome(learner=name, eps=eps, missing=why)
    try:
        learner = SpannerSampling(eps=eps, delta=DELTA, update="rarely-switching")
        played = play(learner, view, replicates=runs, seed=seed)
    except InvalidProblem as error:
        return Outcome(learner=name, eps=eps, missing=str(error))
    return Outcome(
        learner=name,
        eps=eps,
        calls=horizon * np.asarray(played.ledger.compute, dtype=np.float64),
        rounds=np.asarray(played.ledger.data, dtype=np.float64),
        gap=played.gap,
    )


def _misfit(problem: AutoregressiveProblem) -> float | None:
    """The largest error of `realisation_errors`, by one linear programme a layer."""
    if problem.theta is not None:
        return 0.0
    states = max(layer.states for layer in problem.layers)
    if states * problem.vocabulary * (problem.vocabulary - 1) // 2 > _MOST_PAIRS:
        return None
    return float(realisation_errors(problem).max())


def _best_of(view: TabularProblem) -> Floats:
    """Exact gaps of the best of ``2^k`` responses by their true reward."""
    gaps = [exact.gap(view, BestOf(np.ones(1), 2**k)) for k in range(DOUBLINGS + 1)]
    return np.array([float(np.asarray(gap).reshape(-1)[0]) for gap in gaps])


def _schedules(problem: AutoregressiveProblem, eps: float) -> tuple[int | None, int | None]:
    """Rollouts a tuple: the fewest of the practical schedule, and those of the derived one."""
    try:
        practical = MTSS.practical(problem.facts, eps).fewest
        derived = MTSS.derived(problem.facts, eps, DELTA).fewest
    except (InvalidProblem, OverflowError):
        return None, None
    return practical, derived


def log_slope(x: Sequence[float], y: Sequence[float]) -> float:
    """The slope of the least-squares line through ``(x, log y)``; NaN with fewer than two points."""
    if len(x) < 2:
        return math.nan
    across = np.asarray(x) - np.mean(x)
    return float((across * np.log(y)).sum() / (across * across).sum())
