"""S9r: with rarely switching updates the gap is at most what S9 says, its potential times the growth.

Statement. Let ``theta`` stand still until ``det Sigma`` has grown by more than a factor `g`, and let each
estimate ``Zhat`` of a normaliser serve all rounds with its prompt and ``y'`` of one segment. Then S9 holds
with ``g`` in front of its potential and ``delta`` shared among four events, if the sampler is called at
``delta' = delta_rej delta/(4 S)``, ``S = 1 + floor(d log(1 + n L^2/(d lambda))/log g)``:

1. (*Stale norms*) For ``Sigma <= Sigma'``: ``|phi|^2_{Sigma^{-1}} <= (det Sigma'/det Sigma)
   |phi|^2_{Sigma'^{-1}}``. So along a segment ``|phi_t|^2`` in the inverse it began with is at most `g` times
   that in the current one, and the sum of S3 is at most `g` times as large.
2. (*Segments*) A run has at most `S` segments, each but the first beginning once ``log det`` has grown by
   more than ``log g``, and by no more than its last pair adds to that.
3. (*Estimates*) If in each segment estimates fail on prompts and ``y'`` of mass at most `p` in the mean, the
   chance that failures have mass `c` or more on average over the rounds is at most ``S p/c``, however the
   lengths of segments depend on the estimates.
4. (*Schedule*) With ``m = ceil(4 M log(4/delta'))`` draws each, ``p <= exp(-.3068 m/M) + exp(-.7725 m/M)``
   (S8), and ``S p/delta_rej <= delta/4``.

Proof. (1) Whiten ``Sigma``; the smallest eigenvalue of ``Sigma'^{-1}`` is at least the product of all, since
none exceeds one. (2) Growths of ``log det`` add up to at most ``d log(1 + n L^2/(d lambda))`` (S2); a pair
that ends a segment came when the growth was at most `g`. (3) Estimates of a segment are independent of what
came before, and may be thought of as drawn for every prompt and ``y'`` when it begins. Their failures have
mass `c` or more with probability at most ``p/c`` (Markov); if the average over rounds is `c` or more, that
happened in one of `S` segments. (4) S8 and arithmetic. In S9's step 3 the law played in round `t` is
``(1 - e) pi_t + e pi_ref`` except where estimates failed, of mass ``delta_rej`` on average: ``beta E_{pi_t}
[D^2 1_I]``, at most ``beta <= R`` there, is at most ``R delta_rej`` more than what is played. The policy
returned estimates afresh, and fails as in S9. Together that is below the ``4 R delta_rej`` of the statement.

Without the union over segments this is false: a bad estimate can lengthen its own segment, and the chance in
(3) is up to ``1 - (1 - p/c)^S``, not ``p/c``.

What is checked. ``stale-norms``: searched, to 6 dimensions; equality. ``segments``: (2) on runs of the
algorithm, from the covariances that they return. ``estimates``: (3) against all adaptive choices of laws and
lengths, by backward induction in rationals; nearly an equality. ``schedule``: (4) at the numbers of
`explore_theory.algorithms.Schedule`, with `S` typed anew.

What is not. The rest of S9, which does not change.

Why trust it. The game knows nothing of Markov's inequality, the runs nothing of determinants.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory import oracles
from explore_theory.algorithms import Schedule, SpannerPolicy, SpannerSampling
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
    Trial,
)
from explore_theory.problems import TabularProblem
from proofs_checks.spanner_sampling import determinants, estimates_game, schedule_cases
from proofs_checks.spanner_sampling.determinants import Pairs
from proofs_checks.spanner_sampling.estimate_tails import HIGH, LOW
from proofs_checks.spanner_sampling.rare_best import rare_best

Floats = npt.NDArray[np.float64]
ONE = Bound.of(1.0)


# --- 1: stale norms ----------------------------------------------------------------------------------------


def stale(pairs: Pairs, *, power: float = 1.0) -> Floats:
    """``|phi|^2_{Sigma^{-1}} / ((det Sigma'/det Sigma)^power |phi|^2_{Sigma'^{-1}})``, `[K]`.

    ``phi`` is the first pair, ``Sigma`` holds the next half of them, ``Sigma'`` all of those.
    """
    phi, rest = pairs.vectors[:, 0], pairs.vectors[:, 1:]
    older = _covariance(rest[:, : rest.shape[1] // 2], pairs.ridge)
    newer = _covariance(rest, pairs.ridge)
    grown = np.linalg.slogdet(newer)[1] - np.linalg.slogdet(older)[1]
    return np.asarray(_square(phi, older) / (np.exp(power * grown) * _square(phi, newer)))


def _covariance(vectors: Floats, ridge: Floats) -> Floats:
    d = vectors.shape[-1]
    return np.array([r * np.eye(d) + v.T @ v for v, r in zip(vectors, ridge, strict=True)])


def _square(phi: Floats, covariance: Floats) -> Floats:
    return np.asarray((phi * np.linalg.solve(covariance, phi[..., None])[..., 0]).sum(axis=-1))


def searched(trial: Trial, *, power: float = 1.0) -> Pairs:
    """The lists on which the ratio came out largest."""
    return determinants.search(trial, lambda pairs: stale(pairs, power=power), (1e-2, 1e2))


def stale_norms(pairs: Pairs, *, power: float = 1.0) -> Measurement:
    """`stale`, with its rounding: solves of a condition of 1e5 at most."""
    return Measurement.exact(
        stale(pairs, power=power), error=1e-10, effort=pairs.effort, unit="lists", witness=pairs.describe
    )


def search_case(d: int, n: int, *, tight: bool = False) -> Case:
    """Lists of `n` pairs in `d` dimensions."""
    return Case(
        slug=f"d{d}-n{n}",
        params={"d": d, "n": n, "steps": 150},
        rows={"quick": 32, "full": 256},
        tight=tight,
    )


# --- 2: segments of runs -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Runs:
    """A problem, the policies of its runs, and the schedule that they were to follow."""

    problem: TabularProblem
    policy: SpannerPolicy
    schedule: Schedule


def runs(trial: Trial, growth: float | None = None) -> Runs:
    """Runs by a practical schedule, at the growth of the case or another one."""
    params = trial.case.params
    streams = Streams((*trial.streams.path, "world"), (0,), trial.streams.reseed)
    problem = rare_best(
        streams,
        d=int(params["d"]),
        beta=0.4,
        sigma=0.3,
        coverage=10.0,
        prompts=3,
        reward_range=2.0,
        parameter_radius=3.0,
        uneven=True,
    )
    schedule = Schedule.of(
        problem.facts,
        eps=0.25,
        delta=0.25,
        update="rarely-switching",
        growth=float(params["growth"]),
        span_factor=0.01,
        explore_factor=0.1,
    )
    played = schedule if growth is None else replace(schedule, growth=growth)
    oracle = oracles.open(problem, law="exact-law", streams=trial.streams.child("oracle"))
    policy = SpannerSampling(schedule=played, update="rarely-switching").run(oracle)
    return Runs(problem=problem, policy=policy, schedule=schedule)


def segments(world: Runs) -> Measurement:
    """Of each run: segments over `S`, growth of ``log det`` over what it may be, and the other way round."""
    policy, schedule = world.policy, world.schedule
    features = world.problem.features
    relative = (features[:, :, None, :] - features[:, None, :, :]).reshape(-1, schedule.d)
    log_growth = float(np.log(schedule.growth))
    found = []
    for weights, covariances in zip(policy.weights, policy.covariances, strict=True):
        used = covariances[weights > 0]
        grown = np.diff(np.linalg.slogdet(used)[1])
        longest = np.array([(np.linalg.solve(c, relative.T).T * relative).sum(axis=-1).max() for c in used])
        over = grown / (log_growth + np.log1p(longest[:-1]))
        under = log_growth / grown
        found.append([len(used) / schedule.segments, over.max(initial=0.0), under.max(initial=0.0)])
    return Measurement.exact(
        np.concatenate(found),
        # Of determinants by rank-one updates.
        error=1e-9,
        effort=len(found),
        unit="runs",
        notes={"S": schedule.segments},
    )


def run_case(d: int, growth: float) -> Case:
    """Sixteen runs; pairs are short by the end, so segments end as soon as they may."""
    return Case(
        slug=f"d{d}-growth{growth:g}".replace(".", "p"),
        params={"d": d, "growth": growth},
        rows=16,
        tight=True,
    )


# --- 3: the game of estimates ------------------------------------------------------------------------------


def game(trial: Trial) -> Measurement:
    """The adversary's best chance."""
    p, params = _expected(trial), trial.case.params
    rounds, most, grid, total = (int(params[name]) for name in ("rounds", "segments", "grid", "total"))
    value = estimates_game.worst(rounds, most, grid, p, total)
    return Measurement.exact([value], effort=rounds * most * grid * grid * rounds, unit="states")


def markov(trial: Trial, *, union: bool = True) -> Bound:
    """``S p/c``; or, as if an estimate could not lengthen its segment, ``p/c``."""
    params = trial.case.params
    c = Fraction(int(params["total"]), int(params["grid"]) * int(params["rounds"]))
    return Bound.of([_expected(trial) / c * (int(params["segments"]) if union else 1)])


def _expected(trial: Trial) -> Fraction:
    return Fraction(str(trial.case.params["p"]))


# --- 4: the schedule ---------------------------------------------------------------------------------------


def failing(trial: Trial, *, union: bool = True) -> Measurement:
    """``4 S (exp(-.3068 m/M) + exp(-.7725 m/M))/(delta_rej delta)``, `m` and `M` of the schedule of the case.

    Without `union` the sampler is called at ``delta_rej delta/4``.
    """
    from explore_theory.certify.balls import ball, ends, precision

    stated, schedule = schedule_cases.both(trial)
    sampler = schedule.sampler
    if not union:
        sampler = type(sampler).accurate(sampler.ratio, schedule.delta_rej * schedule.delta / 4)
    with precision(128):
        power = -ball(sampler.normaliser) / ball(sampler.ratio)
        fails = (ball(LOW) * power).exp() + (ball(HIGH) * power).exp()
        found = ends(4 * stated.segments * fails / ball(stated.delta_rej * stated.delta))
    return Measurement(
        lo=np.array(found[:1]),
        hi=np.array(found[1:]),
        effort=1,
        unit="schedules",
        notes={"segments": stated.segments},
    )


CLAIM = Claim(
    id="S9r",
    slug="rare-switching",
    theorem="spanner_sampling",
    title="Updates may be rare, at the price of their growth and a union over segments",
    statement=(
        "If theta stands still until det Sigma has grown by g, and estimates of normalisers are kept while "
        "it does, S9 holds with g times the potential and four events of probability delta/4, for a sampler "
        "at delta_rej delta/(4 S), S = 1 + floor(d log(1 + n L^2/(d lambda))/log g): norms are at most g "
        "times stale, a run has at most S segments, and estimates fail on mass delta_rej or more, on "
        "average over rounds, with probability at most S p/delta_rej <= delta/4, however segments last."
    ),
    formula=(
        r"|\phi|^2_{\Sigma^{-1}} \le \frac{\det\Sigma'}{\det\Sigma} |\phi|^2_{\Sigma'^{-1}}, \quad "
        r"\mathbb{P}\Big(\tfrac1T \sum_t m_t \ge c\Big) \le \frac{S p}{c}"
    ),
    relation="<=",
    scope=(
        "Norms searched to 6 dimensions; segments of practical runs in 2 and 6 dimensions; all adaptive laws "
        "and lengths of up to 4 segments; schedules with R, B, sigma and C_cov from .2 to 1e8."
    ),
    source=(
        "Ours; norms as in Abbasi-Yadkori, Pál, Szepesvári, NeurIPS 2011, Lemma 12 and section 5.1 (rarely "
        "switching)."
    ),
    uses=("S2", "S3", "S8", "S9"),
    checks=(
        Check(
            slug="stale-norms",
            evidence=Evidence.ADVERSARIAL,
            cases=(search_case(1, 3, tight=True), search_case(2, 3, tight=True), search_case(6, 9)),
            instance=searched,
            measure=stale_norms,
            bound=lambda _: ONE,
            resolution=Resolution(absolute=1e-9),
        ),
        Check(
            slug="segments",
            evidence=Evidence.ADVERSARIAL,
            cases=(run_case(2, 2.0), run_case(6, 1.5)),
            instance=runs,
            measure=segments,
            bound=lambda _: ONE,
            resolution=Resolution(absolute=1e-8),
        ),
        Check(
            slug="estimates",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(
                    slug="two-segments",
                    params={"rounds": 40, "segments": 2, "grid": 2, "p": "1/300", "total": 39},
                    tight=True,
                ),
                Case(
                    slug="four-segments",
                    params={"rounds": 9, "segments": 4, "grid": 6, "p": "1/30", "total": 13},
                ),
            ),
            measure=game,
            bound=markov,
        ),
        Check(
            slug="schedule",
            evidence=Evidence.CERTIFIED,
            cases=schedule_cases.cases("rarely"),
            measure=failing,
            bound=lambda _: ONE,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="root-of-the-determinant",
            why="the root of det Sigma'/det Sigma in place of the ratio",
            check="stale-norms",
            instance=lambda trial: searched(trial, power=0.5),
            measure=lambda pairs: stale_norms(pairs, power=0.5),
        ),
        FalseVariant(
            slug="switches-late",
            why="theta stands still until det Sigma has grown by the square of the growth",
            check="segments",
            instance=lambda trial: runs(trial, float(trial.case.params["growth"]) ** 2),
        ),
        FalseVariant(
            slug="switches-early",
            why="theta is estimated whenever det Sigma has grown by the root of the growth",
            check="segments",
            instance=lambda trial: runs(trial, float(trial.case.params["growth"]) ** 0.5),
        ),
        FalseVariant(
            slug="estimates-of-one-segment",
            why="p/c, as if a bad estimate could not lengthen its own segment",
            check="estimates",
            bound=lambda trial: markov(trial, union=False),
        ),
        FalseVariant(
            slug="no-union-over-segments",
            why="the sampler is called at delta_rej delta/4 and not at a part for each segment",
            check="schedule",
            measure=lambda trial: failing(trial, union=False),
            cases=("all-differ-rarely", "many-segments-rarely"),
        ),
    ),
)
