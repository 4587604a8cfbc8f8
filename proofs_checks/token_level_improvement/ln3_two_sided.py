"""LN3: what a truncated policy loses in its state, by its distance to the truncated optimum and what is far.

Statement. In one state let ``q(a) = Q*(a) - Q*(anchor)``, ``|q| <= W``, ``pi* ∝ pi_ref e^{q/beta}``, ``I``
the near actions, ``pi_bar* ∝ pi_ref e^{q 1_I/beta}`` and ``pi`` a policy. With ``V(pi) = E_pi q - beta KL(pi
|| pi_ref)``,
    ``0 <= V(pi*) - V(pi) <= beta KL(pi || pi_bar*) + W (pi*(I^c) + pi(I^c))``.
The factor of `W` cannot be smaller. `W` is the range of ``Q*`` in the state; it may be ``H R`` where rewards
of each of `H` layers are within `R`.

Why. ``V(pi*)`` is the largest. To replace `q` by ``q 1_I`` costs ``W pi*(I^c)`` in ``V(pi*)`` and ``W
pi(I^c)`` in ``V(pi)``; for ``q 1_I``, ``pi*`` is no better than ``pi_bar*`` (F3), and what `pi` loses to that
is ``beta KL(pi || pi_bar*)`` (F1). Far probabilities are at most ``min(1, C_cond(.) P_ref(I^c))``, which is
Lemma N.3 with two of its three policies and a sum in place of twice the largest.

As printed, with ``R_max``, which bounds the reward of one layer (page 73), in place of `W`: false for H > 4.
Two actions of base mass 1/2, after one of which every layer pays 1, and that one truncated: `pi` is the base
policy and the truncated optimum, and loses ``5/2 - beta log 2`` at H = 5, where ``2 R_max`` is allowed. With
rewards at the end only, as in section 5, ``W <= R_max`` and nothing changes.

What is checked. A search over all sets `I`, to 5 actions, with errors up to 3 beta; two actions by branch and
bound, where the factor of `W` is met in the limit of a good and rare far action.

What is not. How `pi` was estimated: LN1, LN2.

Why trust it. Values are sums over the laws; nothing of the proof is used.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Resolution,
    Trial,
)
from proofs_checks.spanner_sampling.truncated import Family, Truncated, hunt, log_mass

Floats = npt.NDArray[np.float64]


# --- one far action, by branch and bound --------------------------------------------------------------------


def far_action(trial: Trial, *, share: float = 1.0) -> Measurement:
    """The loss of the base policy over its bound, in units of beta.

    For a far action of base mass ``p = e^{-s}`` and gain `W` the loss is ``log(1 + p (e^W - 1)) - p W`` and
    the bound ``W (pi* + p)``; the false variant has a `share`.
    """
    from explore_theory.certify.balls import ball
    from explore_theory.certify.boxes import largest_ratio
    from explore_theory.certify.jets import Jet

    def log_ratio(x: Sequence[Jet]) -> Jet:
        p, gain = (-x[0]).exp(), x[1]
        # log(1 + p (e^W - 1)) = W - s + log1p((1 - p) e^{s - W}), and pi* = 1/(1 + (1 - p) e^{s - W}).
        other = (1 - p) * (x[0] - gain).exp()
        loss = gain - x[0] + other.log1p() - p * gain
        allowed = ball(share) * gain * ((1 + other).reciprocal() + p)
        found: Jet = loss.log() - allowed.log()
        return found

    return largest_ratio(log_ratio, {"s": (4.0, 6.0), "W": (400.0, 700.0)}, accuracy=0.02)


# --- everything, by search ----------------------------------------------------------------------------------


def log_truncated_best(world: Truncated) -> Floats:
    """``log pi_bar*`` `[K, N]`."""
    return laws.tilted(world.log_base, np.where(world.inside, world.reward, 0.0), world.beta)


def loss(world: Truncated) -> Floats:
    """``V(pi*) - V(pi)`` in units of beta `[K]`, from its definition."""
    values = []
    for log_law in (world.log_best, world.log_policy):
        score = world.reward / world.beta[:, None] - (log_law - world.log_base)
        values.append((np.exp(log_law) * score).sum(axis=-1))
    return np.asarray(values[0] - values[1])


def right_side(world: Truncated, *, best: float = 1.0, own: float = 1.0, divergence: float = 1.0) -> Floats:
    """``KL(pi || pi_bar*) + (W/beta)(pi*(I^c) + pi(I^c))`` `[K]`; false variants weigh terms otherwise."""
    away = [np.exp(log_mass(law, ~world.inside)) for law in (world.log_best, world.log_policy)]
    size = np.abs(world.reward).max(axis=-1) / world.beta
    kl = laws.kl(world.log_policy, log_truncated_best(world))
    return np.asarray(divergence * kl + size * (best * away[0] + own * away[1]))


def searched(trial: Trial, **change: float) -> Truncated:
    """The instances where the loss is the largest part of what is allowed, or furthest beyond."""
    family = Family(n=int(trial.case.params["n"]), least=-3.0, most=3.0)
    return hunt(trial, family, lambda world: loss(world) / (right_side(world, **change) + 1e-3))


def measured(world: Truncated) -> Measurement:
    """``(V(pi*) - V(pi))/beta``."""
    value = loss(world)
    return Measurement.exact(
        value,
        error=world.rounding() * (4 + np.abs(value)),
        effort=world.effort,
        unit="instances",
        witness=world.describe,
    )


def allowed(world: Truncated, **change: float) -> Bound:
    """The right side."""
    value = right_side(world, **change)
    return Bound.of(value, error=4 * world.rounding() * (1 + value))


def damaged(slug: str, why: str, **change: float) -> FalseVariant:
    """The statement with a term weighed otherwise, searched for where it fails."""
    return FalseVariant(
        slug=slug,
        why=why,
        check="search",
        instance=lambda trial: searched(trial, **change),
        bound=lambda world: allowed(world, **change),
        cases=("n3",),
    )


# --- what is printed ----------------------------------------------------------------------------------------


def five_layers(_: Trial) -> Measurement:
    """``V(pi*) - V(pi)`` with ``e^{1/beta} = 10^6``: gain 5 for one of two actions, both as likely."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        beta = 1 / (6 * ball(10).log())
        value = beta * ((1 + (5 / beta).exp()) / 2).log() - ball(5) / 2
    return Measurement.exact(
        [value],
        witness=lambda _: {
            "actions": 2,
            "pi_ref": "1/2, 1/2",
            "H": 5,
            "R_max": 1,
            "Q* - Q*(anchor)": "0, 5",
            "truncated": "the second",
            "e^(1/beta)": 10**6,
        },
    )


CLAIM = Claim(
    id="LN3",
    slug="two-sided-truncation",
    theorem="token_level_improvement",
    title="What a truncated policy loses in a state: its distance to the truncated optimum, and what is far",
    statement=(
        "V(pi*) - V(pi) lies between 0 and beta KL(pi || truncated optimum) + W (pi*(far) + pi(far)), W the "
        "largest |Q*(a) - Q*(anchor)| of the state; the factor of W cannot be smaller."
    ),
    formula=(
        r"0 \le V(\pi^\star) - V(\pi) \le \beta D_{\mathrm{KL}}(\pi \| \bar\pi^\star) "
        r"+ W\,(\pi^\star(I^c) + \pi(I^c))"
    ),
    relation="<=",
    scope=(
        "A search over every set of far actions, to 5 actions and errors of 3 beta; one far action by "
        "branch and bound. Lemma N.3 as printed has R_max for W."
    ),
    source="Lemma N.3 (page 111) of Foster, Mhammedi and Rohatgi (COLT 2025), mended.",
    uses=("F1", "F3"),
    checks=(
        Check(
            slug="far-action",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="good-and-rare", tight=True),),
            measure=far_action,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=tuple(
                Case(
                    slug=f"n{n}",
                    params={"n": n, "steps": 150},
                    rows={"quick": 48, "full": 1024},
                    block=1024,
                )
                for n in (2, 3, 5)
            ),
            instance=searched,
            measure=measured,
            bound=allowed,
            resolution=Resolution(absolute=1e-9, relative=1e-9),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="nine-tenths",
            why="nine tenths of W",
            check="far-action",
            measure=lambda trial: far_action(trial, share=0.9),
        ),
        damaged("own-far-actions-only", "nothing for what is far under the optimum", best=0.0),
        damaged("half-of-what-is-far", "W/2 for both", best=0.5, own=0.5),
        damaged("half-the-divergence", "KL/2", divergence=0.5),
    ),
    printed=(
        PrintedForm(
            slug="reward-of-one-layer",
            item="Lemma N.3",
            page=111,
            says=(
                "the loss is at most beta KL + 2 R_max max P(far), R_max the bound on the reward of one layer"
            ),
            holds=False,
            check=Check(
                slug="five-layers",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="two-actions"),),
                measure=five_layers,
                bound=lambda _: Bound.of(2),
            ),
            mended=(
                "W = max |Q* - Q*(anchor)| in place of R_max, which is at most H R_max, and pi*(far) + "
                "pi(far) in place of twice the largest of three. With rewards at the end only nothing "
                "changes; else powers of H enter the parameters of Theorem J.1."
            ),
        ),
    ),
)
