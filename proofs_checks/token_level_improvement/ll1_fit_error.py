"""LL1: the error of FitValue: noise of `d` numbers over `N`, and means that later layers put off, exactly.

Statement. FitValue minimises ``sum_i (<phi_i, theta> - z_i)^2`` over a convex ``Theta`` with ``theta*`` in
it; ``z_i`` is the mean of `N` independent draws, each (rewards included) from a rollout of its own after the
pair minus one after its anchor. Let ``v_i`` be the variance of a draw, ``mu_i`` its mean less ``<phi_i,
theta*>``, ``Pi`` the projection on ``{(<phi_i, theta>)_i}``, of dimension ``r <= d``.

1. ``E sum_i <phi_i, theta - theta*>^2 <= sum_i Pi_ii v_i/N + |Pi mu|^2 <= r max v/N + |mu|^2``; the first is
   an equality where ``Theta`` does not bind.
2. If draws lie in an interval of length `W`, the root of the sum is, but for a chance of ``e^-t``, at most
   ``(W/(2 sqrt N)) sqrt(r + 2 sqrt(r t) + 2 t) + |Pi mu|``.
3. ``mu_i = beta sum_l (E[m(x_l) | anchor] - E[m(x_l) | a_i])`` over later layers, ``m = KL(pi^ || pi*) -
   KL(pi^ || pi_theta) - E log(Zhat/Z)``, ``pi^`` the law of what is drawn in a state. So with LL2's `u`, `l`
   ``mu <= beta sum (E[KL(pi^ || pi*) + u | anchor] + E[l | a])``, and ``-mu`` with the sides changed.

``|theta - theta*|_Sigma^2`` with ``Sigma = lambda I + sum phi phi^T`` is more by ``4 lambda B^2`` at most.

Why. ``D = (<phi_i, theta - theta*>)_i`` is in the span, and no step from a minimiser over a convex set
towards ``theta*`` gains: ``|D|^2 <= <D, e> = <D, Pi e>``, ``e = z - <phi, theta*>`` (LG3). So ``|D| <= |Pi
e|``, which without ``Theta`` is an equality; (1) is its mean and (2) the tail of a sub-Gaussian vector (Hsu,
Kakade and Zhang, 2012). (3) is LL2 and ``Q* - Q^ = beta sum E KL(pi^ || pi*)`` (LN6).

As printed (Lemma L.1), ``C_1/N`` has ``6400 d log(3N/delta')`` and ``3840 |C|`` times ``H^2 B^2``, from a
net; neither `N` in a logarithm nor ``|C|`` is needed: ``W <= 10 H B`` makes (2) ``25 H^2 B^2 (d + 2 sqrt(d t)
+ 2 t)/N``, squared. False for Algorithm 5 as it stands, which draws rewards of the layer once (LL4). Where
they are drawn in every rollout its constants do not follow from its proof: (109) drops ``H^2`` and ``C_3`` a
factor 6; (101) bounds the noise by ``6HB``, which many layers exceed. The misfit (108) is a sum over both
sides, which cancel. Half the core set are anchors: they fit zero to zero.

What is checked. (1), (2): core sets of up to three pairs in one and two dimensions, draws of two values,
every outcome, in rationals. (3): LL2's games, with the optimum by soft values backwards, in balls.

What is not. A ball for ``Theta`` in more dimensions: LG3.

Why trust it. Estimates come from normal equations, bounds from orthogonal vectors; targets from rollouts.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
)
from proofs_checks.technical_tools import lf2_plug_in_bias as lf2
from proofs_checks.token_level_improvement import core_set_fits, fit_error_printed
from proofs_checks.token_level_improvement import ll2_target_bias as ll2
from proofs_checks.token_level_improvement.core_set_fits import Fit
from proofs_checks.token_level_improvement.later_layers import Game, Node, bounding, measuring

# --- the fit ------------------------------------------------------------------------------------------------


def fits(trial: Trial) -> list[Fit]:
    """The fits of a case."""
    return core_set_fits.fits(constrained=bool(trial.case.params["constrained"]))


def mean_errors(found: list[Fit], *, either: bool = False) -> Measurement:
    """``E sum <phi, theta - theta*>^2`` of every fit; a false variant has a ``Theta`` of two points."""
    values = []
    for fit in found:
        total = Fraction(0)
        for chance, targets in fit.outcomes():
            total += chance * fit.error(nearest(fit, targets) if either else fit.estimate(targets))
        values.append(total)
    return Measurement.exact(values, unit="fits", witness=lambda k: found[k].describe())


def nearest(fit: Fit, targets: core_set_fits.Vector) -> core_set_fits.Vector:
    """The better one of ``theta*`` and ``theta* + 9/10``, a set that is not convex."""
    other = tuple(t + Fraction(9, 10) for t in fit.truth)

    def squares(theta: core_set_fits.Vector) -> Fraction:
        gaps = [core_set_fits.dot(p.feature, theta) - z for p, z in zip(fit.pairs, targets, strict=True)]
        return core_set_fits.dot(gaps, gaps)

    return min((fit.truth, other), key=squares)


def noise_and_bias(found: list[Fit], *, power: int = 1, biased: bool = True, dimension: bool = True) -> Bound:
    """``sum Pi_ii v_i/N + |Pi mu|^2``; false variants: another power, no bias, one dimension."""
    values = []
    for fit in found:
        total = fit.projected([p.bias for p in fit.pairs]) if biased else Fraction(0)
        for i, p in enumerate(fit.pairs):
            share = fit.leverage(i) if dimension else fit.leverage(i) / len(fit.truth)
            total += share * p.width**2 * p.chance * (1 - p.chance) / fit.rollouts**power
        values.append(total)
    return Bound.of(values)


#: ``t = r k^2`` for which the root in (2) is rational.
LEVELS = tuple(map(Fraction, ("1/2", "1", "2")))


def tosses(trial: Trial) -> list[Fit]:
    """Coins that are fair, and coins that are not."""
    rollouts = int(trial.case.params["N"])
    return [fit for p in ("1/2", "1/10") for fit in core_set_fits.coins(rollouts, Fraction(p))]


def tails(found: list[Fit], *, cross: bool = True) -> Measurement:
    """The chance that the sum is above ``(W^2/(4N)) (r + 2 sqrt(r t) + 2 t)``; or above ``(W^2/(4N)) r``."""
    values = []
    for fit in found:
        errors = [(chance, fit.error(fit.estimate(targets))) for chance, targets in fit.outcomes()]
        r = len(fit.truth)
        for k in LEVELS:
            level = (r + (2 * r * k + 2 * r * k**2 if cross else 0)) / Fraction(4 * fit.rollouts)
            values.append(sum((chance for chance, error in errors if error > level), Fraction(0)))
    return Measurement.exact(values, unit="levels", witness=lambda j: found[j // len(LEVELS)].describe())


def exponentials(found: list[Fit]) -> Bound:
    """``e^-t``."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of([(-ball(len(fit.truth) * k**2)).exp() for fit in found for k in LEVELS])


# --- the mean of a target -----------------------------------------------------------------------------------


#: ``Q*`` of both actions and ``V*``.
Scores = tuple[Any, Any, Any]


def scores(game: Game) -> list[list[Scores]]:
    """``Q*`` of both actions and ``V*``, of every state of every layer, by soft values backwards."""
    from explore_theory.certify.balls import ball

    beta = ball(game.beta)
    later: list[Scores] = []
    found: list[list[Scores]] = []
    for layer in reversed(game.layers):
        here = []
        for node in layer:
            one, other = (
                ball(node.rewards[i])
                + sum((ball(p) * v for p, (_, _, v) in zip(node.after[i], later, strict=False)), ball(0))
                for i in range(2)
            )
            mass = ball(node.sampler.mass)
            soft = beta * (mass * (one / beta).exp() + (1 - mass) * (other / beta).exp()).log()
            here.append((one, other, soft))
        later = here
        found.append(here)
    return found[::-1]


def off_truth(game: Game) -> Any:
    """``E z - (Q*(x, a) - Q*(x, anchor))``."""
    from explore_theory.certify.balls import ball

    first = scores(game)[0]
    best = [sum(ball(p) * v for p, (_, _, v) in zip(law, first, strict=True)) for law in game.starts]
    return game.target(0) - game.target(1) - best[0] + best[1]


def from_optimum(game: Game) -> dict[int, Any]:
    """``KL(pi^ || pi*)`` of every state, by its identity; ``pi*`` from its weights, without ``V*``."""
    from explore_theory.certify.balls import ball

    beta, found = ball(game.beta), {}
    for layer, values in zip(game.layers, scores(game), strict=True):
        for node, (one, other, _) in zip(layer, values, strict=True):
            mass = ball(node.sampler.mass)
            weights = (mass * (one / beta).exp(), (1 - mass) * (other / beta).exp())
            found[id(node)] = sum(
                p * (p * sum(weights) / weight).log()
                for (p, _), weight in zip(node.drawn, weights, strict=True)
            )
    return found


def by_states(game: Game, *, optimum: bool = True) -> Any:
    """``beta sum (E[m | anchor] - E[m | a])``; a false variant forgets ``KL(pi^ || pi*)``."""
    from explore_theory.certify.balls import ball

    lost = from_optimum(game)

    def put_off(node: Node) -> Any:
        bias = -lf2.mean_log_estimate(node.sampler) - ll2.from_target(node)
        return bias + lost[id(node)] if optimum else bias

    return ball(game.beta) * (game.mean(1, put_off) - game.mean(0, put_off))


def apart(found: list[Game], **changes: bool) -> Measurement:
    """How far the two sides of (3) are apart, over an accuracy of 1e-30."""
    from explore_theory.certify.balls import ball

    accuracy = Fraction(1, 10**30)
    return measuring(lambda game: abs(off_truth(game) - by_states(game, **changes)) / ball(accuracy))(found)


def both_signs(*, optimum: bool = True, bias: bool = True) -> tuple[Callable[[Game], Any], ...]:
    """The bounds on ``mu`` and on ``-mu``; false variants forget a part."""

    def one(first: int) -> Callable[[Game], Any]:
        def bound(game: Game) -> Any:
            from explore_theory.certify.balls import ball

            lost = from_optimum(game)

            def above(node: Node) -> Any:
                small = ll2.too_small(node) if bias else ball(0)
                return small + lost[id(node)] if optimum else small

            return ball(game.beta) * (game.mean(first, above) + game.mean(1 - first, ll2.failures))

        return bound

    return one(1), one(0)


SIGNED = measuring(off_truth, lambda game: -off_truth(game))
GAMES = (Case(slug="two-layers", params={"samples": 8}),)

CLAIM = Claim(
    id="LL1",
    slug="fit-error",
    theorem="token_level_improvement",
    title="FitValue errs by the noise of d numbers over N and by what later layers put its means off",
    statement=(
        "With rewards drawn in every rollout, E sum <phi_i, theta - theta*>^2 <= sum_i Pi_ii v_i/N + "
        "|Pi mu|^2 <= d max v/N + |mu|^2, equal where Theta does not bind; but for a chance of e^-t its "
        "root is at most (W/(2 sqrt N)) sqrt(d + 2 sqrt(d t) + 2t) + |mu|. Means are off by mu = beta sum_l "
        "(E[m|anchor] - E[m|a]), m = KL(pi^||pi*) - KL(pi^||pi_theta) - E log(Zhat/Z)."
    ),
    formula=(
        r"\mathbb{E}\sum_i \langle \varphi_i, \hat\theta - \theta^\star\rangle^2 \le "
        r"\sum_i \Pi_{ii} \frac{v_i}{N} + |\Pi\mu|^2, \qquad \mu_i = \beta \sum_\ell "
        r"\big(\mathbb{E}[m(x_\ell) \mid \mathfrak{a}] - \mathbb{E}[m(x_\ell) \mid a_i]\big)"
    ),
    relation="<=",
    scope=(
        "Core sets of up to three pairs in one and two dimensions, in rationals; games of one and two later "
        "layers, in balls. In place of Lemma L.1, without log N, and without |C| in the noise."
    ),
    source="Lemma L.1 (pages 88-95) of Foster, Mhammedi and Rohatgi (COLT 2025), mended and sharper.",
    uses=("LG3", "LL2", "LL4"),
    checks=(
        Check(
            slug="mean",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="free", params={"constrained": 0}, tight=True),
                Case(slug="interval", params={"constrained": 1}),
            ),
            instance=fits,
            measure=mean_errors,
            bound=noise_and_bias,
        ),
        Check(
            slug="tail",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="coins", params={"N": 16}),),
            instance=tosses,
            measure=tails,
            bound=exponentials,
        ),
        Check(
            slug="identity",
            evidence=Evidence.CERTIFIED,
            cases=GAMES,
            instance=ll2.tilted,
            measure=apart,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="means",
            evidence=Evidence.EXHAUSTIVE,
            cases=GAMES,
            instance=ll2.tilted,
            measure=SIGNED,
            bound=bounding(*both_signs()),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="squared-rollouts",
            why="1/N^2",
            check="mean",
            bound=lambda found: noise_and_bias(found, power=2),
            cases=("free",),
        ),
        FalseVariant(
            slug="one-dimension",
            why="the noise of one number, whatever d",
            check="mean",
            bound=lambda found: noise_and_bias(found, dimension=False),
            cases=("free",),
        ),
        FalseVariant(
            slug="means-forgotten",
            why="mu = 0",
            check="mean",
            bound=lambda found: noise_and_bias(found, biased=False),
            cases=("free",),
        ),
        FalseVariant(
            slug="any-set",
            why="Theta need not be convex",
            check="mean",
            measure=lambda found: mean_errors(found, either=True),
            cases=("interval",),
        ),
        FalseVariant(
            slug="no-tail",
            why="(W^2/(4N)) d for every t",
            check="tail",
            measure=lambda found: tails(found, cross=False),
        ),
        FalseVariant(
            slug="later-errors-are-free",
            why="m without KL(pi^ || pi*)",
            check="identity",
            measure=lambda found: apart(found, optimum=False),
        ),
        FalseVariant(
            slug="optimum-forgotten",
            why="only the bias of log rho puts means off",
            check="means",
            bound=bounding(*both_signs(optimum=False)),
        ),
    ),
    printed=fit_error_printed.PRINTED,
)
