"""LG11: what it costs to draw from the sampler in place of the policy: R times its failures, no more.

Statement. Let ``pi^_f`` be the law of SoftmaxSampler with any threshold `M` and any number `N` of candidates,
and let it *fail* when an acceptance chance is clipped at one or no candidate is accepted. For every reward of
range `R`
    (a) ``J(pi_f) - J(pi^_f) <= R P[fails]``, and means of ``g in [0, 1]`` differ by ``P[fails]`` at most;
    (b) ``P_{y' ~ pi_ref}[pi*(far|y') > 1/2] <= 2 P_{pi* x pi_ref}[far]``.
With ``M >= 4 C_inf`` on the good comparisons of (b), where ``P[fails] <= delta_rej`` (TF1), and ``P_{pi* x
pi_ref}[far] <= C_cov eps_span`` off prompts of mass ``eps_prompt``, this is Lemma G.10, and in place of
Lemma G.11 ``J(pi_theta) - J(pi^) <= R (delta_rej + 2 C_cov eps_span + eps_prompt)``: its constant is 1, and
there is no ``log log(1/delta_rej)``.

Why. (a) Given ``Z^``, the law is ``(1 - q) pi_c + q pi_ref`` with ``pi_c ∝ pi_ref e^{min(f, c)/beta}``, ``c =
beta log(Z^ M)`` and `q` the chance that no candidate is accepted. Where nothing is clipped ``pi_c = pi_f``,
so the two laws can be coupled to differ only on failure; the rewards then differ by ``R P[fails]``, and the
divergences only help, since ``KL(pi^_f || pi_ref) <= KL(pi_f || pi_ref)`` always (LF1). The paper bounds each
divergence by itself, ``beta log N`` of it, and pays for the difference of the two. (b) is Markov's
inequality, since ``E_{y'} pi*(far|y') = P_{pi* x pi_ref}[far]``.

What is checked. (a) with the exact law for scores of two values (any response space: see
`sampler_cost`), searched over the base mass of the top, the score, `M`, the reward and its sign, for `N` from
1 to 40; (b) on searched instances, and in a family where its 2 is met.

What is not. Scores of more values, for which the proof above is the same. ``P[fails] <= delta_rej``: TF1, S8.

Why trust it. The law is summed over the binomial count that decides it, knowing nothing of the proof.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

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
from proofs_checks.spanner_sampling import all_pairs, sampler_cost
from proofs_checks.spanner_sampling.all_pairs import AllPairs
from proofs_checks.spanner_sampling.sampler_cost import Sampled

Floats = npt.NDArray[np.float64]
#: Costs below this part of R are not what a search is after.
FLOOR = 1e-6


def cost(world: Sampled) -> Floats:
    """``(J(pi_f) - J(pi^_f))/beta`` `[K]`."""
    return np.asarray(world.value(world.target) - world.value(world.law))


def searched_cost(trial: Trial, share: float = 1.0) -> Sampled:
    """Where the cost is the largest part of `share` times what failures allow."""

    def excess(world: Sampled) -> Floats:
        return np.asarray(cost(world) / (world.range * (share * world.failing + FLOOR)))

    return sampler_cost.hunted(trial, excess)


def measured_cost(world: Sampled) -> Measurement:
    """The cost in units of `R`."""
    return _measured(world, cost(world) / world.range, world.rounding() * (1 + 1 / world.range))


def failures(world: Sampled) -> Bound:
    """``P[fails]``."""
    return Bound.of(world.failing, error=world.rounding() * world.failing)


def _measured(world: Sampled, value: Floats, error: Floats) -> Measurement:
    return Measurement.exact(
        value, error=error, effort=world.effort, unit="instances", witness=world.describe
    )


# --- good comparison responses ------------------------------------------------------------------------------


def bad_comparisons(world: AllPairs) -> Floats:
    """``P_{y' ~ pi_ref}[pi*(far|y') > 1/2]`` `[K]`."""
    share = np.where(world.far, np.exp(world.log_best)[:, :, None], 0.0).sum(axis=1)
    return np.asarray(np.where(share > 0.5, np.exp(world.log_base), 0.0).sum(axis=-1))


def searched_comparisons(trial: Trial) -> AllPairs:
    """Where bad comparisons are the largest multiple of the optimum's far mass."""

    def excess(world: AllPairs) -> Floats:
        return np.asarray(bad_comparisons(world) / (world.truncated_mass(world.log_best) + FLOOR))

    return all_pairs.hunted(trial, excess)


def measured_comparisons(world: AllPairs) -> Measurement:
    """The mass of bad comparisons."""
    value = bad_comparisons(world)
    return Measurement.exact(
        value,
        error=2 * world.rounding() * value,
        effort=world.effort,
        unit="instances",
        witness=world.describe,
    )


def allowed_comparisons(world: AllPairs, factor: float = 2.0) -> Bound:
    """``2 p``."""
    value = factor * world.truncated_mass(world.log_best)
    return Bound.of(value, error=2 * world.rounding() * value)


def two_groups(trial: Trial) -> Measurement:
    """Bad comparisons over ``2 p`` for two groups, one of base mass ``1 - 1/n``, of which the optimum has a
    little less than half: ``(1 - 1/n)/(2 (h (1 - 1/n) + (1 - h)/n))`` with ``h = 1/2 + 1/n`` on the other.
    """
    from fractions import Fraction

    values = []
    for n in (10, 100, 1000, 10_000):
        rest, share = Fraction(1, n), Fraction(1, 2) + Fraction(1, n)
        far = share * (1 - rest) + (1 - share) * rest
        values.append((1 - rest) / (2 * far))
    return Measurement.exact(np.array(values, dtype=object), unit="families")


def draws_case(n: int, **more: Any) -> Case:
    """The sampler with `n` draws and candidates."""
    return Case(
        slug=f"n{n}",
        params={"N": n, "steps": 300},
        rows={"quick": 48, "full": 1024},
        block=256,
        **more,
    )


CLAIM = Claim(
    id="LG11",
    slug="sampler-cost",
    theorem="spanner_sampling",
    title="Drawing from the sampler costs R times its chance of failing, and no logarithm",
    statement=(
        "For any threshold and number of candidates the regularised reward of the sampler's law is lower "
        "than its target's by at most R P[fails]; comparisons of which the optimum is far by more than a "
        "half have at most twice the optimum's far mass."
    ),
    formula=(r"J(\pi_f) - J(\hat\pi_f) \le R\, \mathbb{P}[\mathrm{fails}]"),
    relation="<=",
    scope=(
        "The exact law for scores of two values, searched over masses, scores, thresholds and rewards, 1 to "
        "40 draws; proved for any score. Implies Lemmas F.3, G.10 and, without its logarithm, G.11."
    ),
    source="Sharper forms of Lemmas G.10, G.11 (pages 55-59) of Foster, Mhammedi and Rohatgi (COLT 2025).",
    uses=("LF1", "S8"),
    checks=(
        Check(
            slug="cost",
            evidence=Evidence.ADVERSARIAL,
            cases=(draws_case(1), draws_case(5, tight=True), draws_case(40, tight=True)),
            instance=searched_cost,
            measure=measured_cost,
            bound=failures,
            resolution=Resolution(absolute=1e-9, relative=1e-9),
        ),
        Check(
            slug="bad-comparisons",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                Case(
                    slug="n3-d1",
                    params={"n": 3, "d": 1, "steps": 200},
                    rows={"quick": 48, "full": 1024},
                    block=256,
                ),
            ),
            instance=searched_comparisons,
            measure=measured_comparisons,
            bound=allowed_comparisons,
            resolution=Resolution(relative=1e-10),
        ),
        Check(
            slug="two-groups",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="any", tight=True),),
            measure=two_groups,
            bound=lambda _: Bound.of(1),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="half-the-failures",
            why="R P[fails]/2",
            check="cost",
            instance=lambda trial: searched_cost(trial, 0.5),
            bound=lambda world: Bound.of(0.5 * world.failing, error=world.rounding()),
            cases=("n5",),
        ),
        FalseVariant(
            slug="unused-candidates-only",
            why="clipping does not count as failing",
            check="cost",
            instance=lambda trial: sampler_cost.hunted(
                trial, lambda world: cost(world) / (world.range * (unaccepted(world) + FLOOR))
            ),
            bound=lambda world: Bound.of(unaccepted(world), error=world.rounding()),
            cases=("n5", "n40"),
        ),
        FalseVariant(
            slug="as-many-as-far",
            why="p in place of 2 p",
            check="bad-comparisons",
            bound=lambda world: allowed_comparisons(world, 1.0),
        ),
    ),
)


def unaccepted(world: Sampled) -> Floats:
    """The chance that no candidate is accepted, clipped or not `[K]`."""
    mass, _, failing = world.outcomes
    scale = (1 + (world.t[:, None] - 1) * np.arange(world.draws + 1) / world.draws) * world.threshold[:, None]
    unclipped = np.maximum(world.t[:, None], 1.0) <= scale
    return np.asarray((mass * np.where(unclipped, failing, 0.0)).sum(axis=-1))
