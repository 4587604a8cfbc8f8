"""LL3: how far samplers at later layers are from their targets, in the mean over rollouts.

Statement. Rollouts draw every action by a softmax sampler with ``M`` and ``N``, from ``(x_h, a_h)`` on. At a
later layer `l`, ``pi^`` is the law of what is drawn in a state, ``pi_theta`` its target, ``2B`` the range of
scores, ``P_x`` the chance that a call is not good (TF1), ``C_x = sup pi_theta/pi_ref``. Whatever ``M`` and
``N`` are,
    ``E KL(pi^ || pi_theta) <= E P_x KL(pi_ref || pi_theta) <= (2B/beta) E P_x``,
and if ``N = 4 M log(4/delta)``, rounded up,
    ``E KL(pi^ || pi_theta) <= (2B/beta) (.0067 delta + P[M < 4 C_x])``,
with ``min{2B/beta, B^2/(2 beta^2)}`` in place of ``2B/beta``. All are nearly attained.

Why. LF1 in every state; ``P_x <= .0067 delta`` where ``M >= 4 C_x`` (TF1).

As printed (Lemma L.3), ``4 (R/beta + log(4M log(4/delta))) delta + (R/beta) log(4M log(4/delta)) P[M < 4C]``
with `R` the largest reward. False: scores are ``<phi, theta>`` with any theta of norm `B` at most, and `B`
may be much larger than `R`. A rare action that theta prefers by far is never found by a sampler with ``M =
1``, whose law is then the base's, at a divergence that can come near ``2B/beta``. With `B` for `R` it is
true for ``M >= 1``: ``2 <= 4 delta + log(4 log(4/delta))``. Two more slips: the logarithm of the bound
``4 M e^{R/beta} log(4/delta)`` on the ratio is ``R/beta + log(4M log(4/delta))``, printed as their product,
which is less at ``R = beta``; and that bound is itself false (LF1). Lemma L.1 survives: its ``C_3`` has
``B^2`` beside ``R^2``.

What is checked. Games of one and two later layers of two states, every two of five samplers in the first; the
last layer, in balls. The printed form in one state.

What is not. More than two actions.

Why trust it. Laws are found count by count, visits forwards from them.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import (
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
from proofs_checks.spanner_sampling import rejection
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import sampler_distances, sampler_law
from proofs_checks.token_level_improvement import later_layers
from proofs_checks.token_level_improvement.later_layers import Game, Node, bounding, measuring

#: What a call fails with where ``M >= 4 C``, over delta (TF1).
FAILS = Fraction(67, 10**4)


def any_budget(_: Trial) -> list[Game]:
    """Samplers that are good, starved, clipped, exhausted, and of a rare response."""
    kinds = (
        ("9/10", "2", "16", 8, 8),
        ("1/2", "3/2", "9", 3, 1),
        ("999/1000", "50", "2", 5, 5),
        ("9/10", "20", "80", 4, 2),
        ("999/1000", "1000000", "1", 2, 2),
    )
    return later_layers.games(
        [
            Sampler(target=Fraction(t), ratio=Fraction(r), multiplier=Fraction(m), samples=samples, cap=cap)
            for t, r, m, samples, cap in kinds
        ]
    )


def stated(trial: Trial) -> list[Game]:
    """Samplers with ``M = 8`` and `N` rounded up, of which two have ``M >= 4 C``."""
    delta = Fraction(str(trial.case.params["delta"]))
    kinds = (("1/2", "3/2"), ("9/10", "2"), ("9/10", "5"), ("999999/1000000", "1000000"))
    far = sampler_law.rounded(1 - Fraction(1, 10**100), Fraction(10**4), Fraction(8), delta)
    return later_layers.games(
        [*(sampler_law.rounded(Fraction(t), Fraction(r), Fraction(8), delta) for t, r in kinds), far]
    )


# --- at the last layer: the mean of a value of its states ---------------------------------------------------


def mean_at_last(value: Callable[[Node], Any], start: int = 0) -> Callable[[Game], Any]:
    """The mean over rollouts of a value of the state of the last layer."""

    def mean(game: Game) -> Any:
        masses = game.visits(start)[-1]
        return sum(mass * value(node) for mass, node in zip(masses, game.layers[-1], strict=True))

    return mean


def divergence(node: Node) -> Any:
    """``KL(pi^ || pi_theta)``, from the probabilities of both actions."""
    from explore_theory.certify.balls import ball

    target = node.sampler.target
    laws = ((node.drawn[0][0], target), (node.drawn[1][0], 1 - target))
    return sum(p * (p / ball(q)).log() for p, q in laws)


def failing(node: Node) -> Any:
    """``P KL(pi_ref || pi_theta)``."""
    return node.outcome.fails * sampler_distances.base_to_target(node.sampler, node.outcome)


def by_range(node: Node, *, power: int = 1) -> Any:
    """``P min{2B/beta, B^2/(2 beta^2)}``; ``B/beta`` half the range of the scores."""
    u = sampler_distances.half_range(node.sampler)
    return node.outcome.fails**power * (2 * u).min(u * u / 2)


def by_coverage(delta: Fraction, *, beyond: Fraction = Fraction(1)) -> Callable[[Node], Any]:
    """``min{2B/beta, B^2/(2 beta^2)} (.0067 delta + 1{M < 4 C})``."""

    def value(node: Node) -> Any:
        from explore_theory.certify.balls import ball

        s = node.sampler
        u = sampler_distances.half_range(s)
        share = FAILS * delta + (beyond if s.multiplier < 4 * s.ratio else 0)
        return (2 * u).min(u * u / 2) * ball(share)

    return value


HALF = Fraction(1, 2)
#: Two bounds on each of which the mean divergence is held.
BOTH = measuring(mean_at_last(divergence), mean_at_last(divergence))

# --- as printed ---------------------------------------------------------------------------------------------


def rare_action(_: Trial) -> Measurement:
    """``KL(pi^ || pi_theta)`` in one state, ``M = 1``: the base has 1e-9 at the action theta prefers."""
    from explore_theory.certify.balls import precision

    with precision(sampler_law.BITS):
        node = Node(_rare_sampler(), later_layers.REWARDS[0], later_layers.NOWHERE)
        lo, hi = sampler_law.enclosures([divergence(node)])
    return Measurement(
        lo=lo,
        hi=hi,
        effort=1,
        unit="states",
        witness=lambda _: {
            "actions": "the anchor, and one of base mass 1e-9",
            "scores": "0 and 2B",
            "e^(2B/beta)": "1e18",
            "B/beta": 20.72,
            "R/beta": 1,
            "M": 1,
            "delta": "1/2",
        },
    )


def _rare_sampler() -> Sampler:
    mass, gain = Fraction(1, 10**9), Fraction(10**18)
    normaliser = 1 - mass + mass * gain
    count = rejection.budget(Fraction(1), HALF)
    return Sampler(
        target=mass * gain / normaliser,
        ratio=gain / normaliser,
        multiplier=Fraction(1),
        samples=count,
        cap=count,
    )


def printed_right(scale: Any) -> Any:
    """``4 (R/beta + log N) delta + (R/beta) log N``, ``N = 4 log(4/delta)``, at ``R/beta = scale``."""
    from explore_theory.certify.balls import ball

    log = (4 * ball(4 / HALF).log()).log()
    return 4 * (scale + log) * ball(HALF) + scale * log


def with_rewards(_: Trial) -> Bound:
    """The printed right side at ``R = beta``."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of(printed_right(ball(1)))


def with_scores(node: Node, *, rewards: bool = False) -> Any:
    """The printed right side with `B` for `R`, at ``delta = 1/2``; or with rewards up to beta."""
    from explore_theory.certify.balls import ball

    s = node.sampler
    u, log = ball(1) if rewards else sampler_distances.half_range(s), ball(s.samples).log()
    return 4 * (u + log) * ball(HALF) + (u * log if s.multiplier < 4 * s.ratio else 0)


def sum_of_logs(_: Trial) -> Measurement:
    """``R/beta + log N`` at ``R = beta``, ``M = 1``, ``delta = 1/2``."""
    from explore_theory.certify.balls import ball, ends, precision

    with precision(128):
        lo, hi = ends(1 + (4 * ball(8).log()).log())
    return Measurement(
        lo=np.array([lo]),
        hi=np.array([hi]),
        effort=1,
        unit="settings",
        witness=lambda _: {"R/beta": 1, "M": 1, "delta": "1/2"},
    )


def product_of_logs(_: Trial) -> Bound:
    """``(R/beta) log N`` there."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of((4 * ball(8).log()).log())


CLAIM = Claim(
    id="LL3",
    slug="later-divergence",
    theorem="token_level_improvement",
    title="How far samplers at later layers are from their targets, in the mean over rollouts",
    statement=(
        "For rollouts by softmax samplers with any M, N: E KL(pi^||pi_theta) <= E P_x KL(pi_ref||pi_theta) "
        "<= E P_x min{2B/beta, B^2/(2 beta^2)} at every later layer; with N = 4M log(4/delta) at most "
        "(2B/beta)(.0067 delta + P[M < 4 C_x]). B bounds scores, not rewards."
    ),
    formula=(
        r"\mathbb{E}\,\mathrm{KL}(\hat\pi_\ell \| \pi_{\ell,\theta}) \le \frac{2B}{\beta} "
        r"\mathbb{E} P_{x_\ell} \le \frac{2B}{\beta} \big(.0067\,\delta + \mathbb{P}[M < 4 C_{x_\ell}]\big)"
    ),
    relation="<=",
    scope=(
        "Games of one and two later layers of two states from five samplers of any budget, and five with N "
        "as stated, in balls. Refutes Lemma L.3 where B is much larger than the rewards."
    ),
    source="Lemma L.3 (page 97) of Foster, Mhammedi and Rohatgi (COLT 2025), mended and sharper.",
    uses=("LF1", "TF1"),
    checks=(
        Check(
            slug="any-budget",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="last-layer", tight=True),),
            instance=any_budget,
            measure=BOTH,
            bound=bounding(mean_at_last(failing), mean_at_last(by_range)),
        ),
        Check(
            slug="coverage",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="delta-1-2", params={"delta": "1/2"}, tight=True),),
            instance=stated,
            measure=measuring(mean_at_last(divergence)),
            bound=bounding(mean_at_last(by_coverage(HALF))),
        ),
        Check(
            slug="scores-for-rewards",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="delta-1-2", params={"delta": "1/2"}),),
            instance=stated,
            measure=measuring(mean_at_last(divergence)),
            bound=bounding(mean_at_last(with_scores)),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="other-way-round",
            why="P KL(pi_theta || pi_ref) in place of P KL(pi_ref || pi_theta)",
            check="any-budget",
            bound=bounding(
                mean_at_last(
                    lambda node: (
                        node.outcome.fails * sampler_distances.target_to_base(node.sampler, node.outcome)
                    )
                ),
                mean_at_last(by_range),
            ),
        ),
        FalseVariant(
            slug="square-of-the-failures",
            why="P^2 in place of P",
            check="any-budget",
            bound=bounding(mean_at_last(failing), mean_at_last(lambda node: by_range(node, power=2))),
        ),
        FalseVariant(
            slug="visits-of-the-anchor",
            why="the mean over rollouts from the anchor, for those from the pair",
            check="any-budget",
            bound=bounding(mean_at_last(failing, start=1), mean_at_last(by_range, start=1)),
        ),
        FalseVariant(
            slug="uncovered-states-are-free",
            why="(2B/beta) .0067 delta alone",
            check="coverage",
            bound=bounding(mean_at_last(by_coverage(HALF, beyond=Fraction(0)))),
        ),
        FalseVariant(
            slug="half-beyond",
            why="half of 2B/beta where M < 4 C",
            check="coverage",
            bound=bounding(mean_at_last(by_coverage(HALF, beyond=HALF))),
        ),
        FalseVariant(
            slug="rewards-below-beta",
            why="the printed right side with R = beta, whatever the scores",
            check="scores-for-rewards",
            bound=bounding(mean_at_last(lambda node: with_scores(node, rewards=True))),
        ),
    ),
    printed=(
        PrintedForm(
            slug="rewards-for-scores",
            item="Lemma L.3",
            page=97,
            says=(
                "E KL(pi^ || pi_theta) <= 4 (R/beta + log(4M log(4/delta))) delta + (R/beta) log(4M "
                "log(4/delta)) P[M < 4 C], R the largest reward, for any theta of norm at most B"
            ),
            holds=False,
            check=Check(
                slug="rewards-as-printed",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="rare-action"),),
                measure=rare_action,
                bound=with_rewards,
            ),
            mended=(
                "B for R; sharper: (2B/beta)(.0067 delta + P[M < 4 C]). Lemma L.1 survives, since its C_3 "
                "has B^2 beside R^2."
            ),
        ),
        PrintedForm(
            slug="product-for-sum",
            item="Lemma L.3",
            page=97,
            says="log(4 M e^{R/beta} log(4/delta)) is at most (R/beta) log(4 M log(4/delta))",
            holds=False,
            step=True,
            check=Check(
                slug="logs-as-printed",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="r-is-beta"),),
                measure=sum_of_logs,
                bound=product_of_logs,
            ),
            mended="R/beta + log(4 M log(4/delta)); or 2B/beta, which needs no bound on pi^/pi_theta.",
        ),
    ),
)
