"""The constants of S3, S3s, S5, S5s, S6 and S7, each with instances that need it.

*S3, S3s*. Two pairs in two dimensions, ``lambda`` in units of ``L^2``: the sum over ``d log(1 + T L^2/(d
lambda))`` is largest for orthogonal pairs of norm `L` with ``lambda = L^2/v``, where every term is `v`.

*S5, S5s*. One of the three terms at a time, as in S5s: ``D`` is 0, or `u` with a small probability, and
nothing is truncated; two responses, one of them truncated, with ``pi*(I^c) = q``; the same with ``g = -R``
there. What the divergence leaves once the other terms are taken off, over the term, is the constant needed.

*S6*. Four responses ``y'``, `y`, `z` in `I` and `o` outside, with free masses, rewards, errors ``|D| <= 1``.

*S7*. ``min(1, N p) / (1 - (1-p)^N)``, largest at ``N p = 1`` as `N` grows.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Constant, Span, Value

Floats = npt.NDArray[np.float64]
Instances = Mapping[str, Floats]
Instance = Mapping[str, Any]
Formula = Callable[[], Any]

BITS = 256


def formula(value: Callable[[Any], Any], at: float = 1.0) -> Formula:
    """`value` of the ball around a double, when asked."""

    def number() -> Any:
        from explore_theory.certify.balls import ball, precision

        with precision(BITS):
            return value(ball(at))

    return number


EULER_LESS_TWO = Value("e - 2", formula(lambda one: one.exp() - 2))


# --- S3 and S3s ---------------------------------------------------------------------------------------------

PAIRS = {
    "|phi_1|/L": Span(0.0, 1.0),
    "|phi_2|/L": Span(0.0, 1.0),
    "cosine": Span(0.0, 1.0),
    "lambda/L^2": Span(1e-3, 1e3, log=True),
}


def squares(at: Mapping[str, Any]) -> tuple[Any, Any]:
    """``|phi_t|^2_{Sigma_t^{-1}}`` of both pairs; the second by Sherman and Morrison. Doubles or balls."""
    first, second, cosine, ridge = (at[name] for name in PAIRS)
    x = first * first
    return x / ridge, second * second / ridge * (1 - cosine * cosine * x / (ridge + x))


def potential(v: float) -> Callable[[Instances], Floats]:
    """The sum of ``min(v, .)`` over ``d log(1 + T L^2/(d lambda))``, ``d = T = 2``, `[K]`."""
    return lambda at: np.asarray(
        sum(np.minimum(v, x) for x in squares(at)) / (2 * np.log1p(1 / at["lambda/L^2"]))
    )


def certified_potential(v: float) -> Callable[[Instance], Any]:
    """The same of one instance, a ball."""

    def ratio(at: Instance) -> Any:
        from explore_theory.certify.balls import ball, precision

        with precision(BITS):
            exact = {name: ball(value) for name, value in at.items()}
            total = sum((x.min(ball(v)) for x in squares(exact)), ball(0))
            return total / (2 * (1 / exact["lambda/L^2"]).log1p())

    return ratio


def capped(slug: str, v: float, text: str) -> Constant:
    """The constant of S3s at one cap."""
    return Constant(
        slug=slug,
        name="K",
        says=f"sum min({v:g}, |phi_t|^2) <= K d log(1 + T L^2/(d lambda))",
        stated=Value(text, formula(lambda cap: cap / cap.log1p(), v)),
        best="least",
        coordinates=PAIRS,
        score=potential(v),
        certified=certified_potential(v),
    )


POTENTIAL = Constant(
    slug="potential-constant",
    name="K",
    says="sum min(1, |phi_t|^2) <= K d log(1 + T L^2/(d lambda))",
    stated=Value("2"),
    proved=Value("1/log 2", formula(lambda one: 1 / one.log1p())),
    by="S3s",
    best="least",
    coordinates=PAIRS,
    score=potential(1.0),
    certified=certified_potential(1.0),
)

CAPS = (
    capped("potential-at-cap-1-4", 0.25, "(1/4)/log(5/4)"),
    capped("potential-at-cap-1", 1.0, "1/log 2"),
    capped("potential-at-cap-4", 4.0, "4/log 5"),
)


# --- S5 and S5s ---------------------------------------------------------------------------------------------

LOG_MASS = Span(-40.0, -0.7)


def square(at: Instances) -> Floats:
    """``KL(pi_t || pi*) / E_{pi_t} D^2`` `[K]`: ``D = u`` with probability `m`, else 0."""
    m, u = np.exp(at["log m"]), at["u"]
    return np.asarray((np.log1p(m * np.expm1(u)) / m - u) / u**2)


def certified_square(at: Instance) -> Any:
    """The same of one instance, a ball."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        m, u = ball(at["log m"]).exp(), ball(at["u"])
        policy, tilt = [1 - m, m], [ball(1), u.exp()]
        return _divergence(policy, _tilted(policy, tilt)) / (m * u * u)


def missed(at: Instances) -> Floats:
    """``(KL - (R/beta) pi_t(I^c)) / q`` `[K]`, ``q = pi*(I^c)``, ``w = pi_t(I^c)``, ``R = |g(o)|``."""
    q, w = at["pi*(I^c)"], np.exp(at["log w"])
    gain = np.log(q) - np.log1p(-q) + np.log1p(-w) - at["log w"]
    return np.asarray((np.log1p(-w) - np.log1p(-q) - w * gain - np.abs(gain) * w) / q)


def certified_missed(at: Instance) -> Any:
    """The same of one instance, a ball."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        q, w = ball(at["pi*(I^c)"]), ball(at["log w"]).exp()
        gain = (q * (1 - w) / (w * (1 - q))).log()
        return (_divergence([1 - w, w], [1 - q, q]) - abs(gain) * w) / q


def clipped(at: Instances) -> Floats:
    """``(KL - 2 log 2 pi*(I^c)) / ((R/beta) pi_t(I^c))`` `[K]`, ``w = pi_t(I^c)``, ``g(o) = -R``."""
    w, loss = np.exp(at["log w"]), at["R/beta"]
    normaliser = np.log1p(w * np.expm1(-loss))
    left = normaliser / w + loss - 2 * np.log(2) * np.exp(-loss - normaliser)
    return np.asarray(left / loss)


def certified_clipped(at: Instance) -> Any:
    """The same of one instance, a ball."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        w, loss = ball(at["log w"]).exp(), ball(at["R/beta"])
        policy = [1 - w, w]
        # The optimal mass off `I` is far below what a difference of masses could keep.
        tilt = [ball(1), (-loss).exp()]
        total = policy[0] + w * tilt[1]
        divergence = total.log() + w * loss
        return (divergence - 2 * ball(2).log() * w * tilt[1] / total) / (loss * w)


def _tilted(law: list[Any], weights: list[Any]) -> list[Any]:
    masses = [p * w for p, w in zip(law, weights, strict=True)]
    return [mass / sum(masses) for mass in masses]


def _divergence(first: list[Any], second: list[Any]) -> Any:
    return sum(p * (p / q).log() for p, q in zip(first, second, strict=True))


#: What of a constant of S5 its best form, in S5s, says in the same way.
_SQUARE: dict[str, Any] = {
    "name": "K",
    "best": "least",
    "coordinates": {"log m": LOG_MASS, "u": Span(-1.0, 1.0)},
    "score": square,
    "certified": certified_square,
}

SQUARE = Constant(
    slug="square-constant",
    says="KL(pi_t || pi*) <= K E_{pi_t}[D^2 1_I] + 2 log 2 pi*(I^c) + (R/beta) pi_t(I^c)",
    stated=Value("1"),
    proved=EULER_LESS_TWO,
    by="S5s",
    **_SQUARE,
)

SHARP_SQUARE = Constant(
    slug="square-constant",
    says="KL(pi_t || pi*) <= K E_{pi_t}[D^2 1_I] + log(1/pi*(I)) + (R/beta - 1) pi_t(I^c), D <= 1",
    stated=EULER_LESS_TWO,
    **_SQUARE,
)

MISSED = Constant(
    slug="missed-constant",
    name="K",
    says="KL(pi_t || pi*) <= E_{pi_t}[D^2 1_I] + K pi*(I^c) + (R/beta) pi_t(I^c)",
    stated=Value("2 log 2", formula(lambda one: 2 * one.log1p())),
    best="least",
    coordinates={"pi*(I^c)": Span(1e-6, 0.5), "log w": LOG_MASS},
    score=missed,
    certified=certified_missed,
)

CLIPPED = Constant(
    slug="clipped-constant",
    name="K",
    says="KL(pi_t || pi*) <= E_{pi_t}[D^2 1_I] + 2 log 2 pi*(I^c) + K (R/beta) pi_t(I^c)",
    stated=Value("1"),
    best="least",
    coordinates={"log w": LOG_MASS, "R/beta": Span(0.1, 1e6, log=True)},
    score=clipped,
    certified=certified_clipped,
)


# --- S6 -----------------------------------------------------------------------------------------------------

FOUR = {
    **{f"log-weight of {name}": Span(-40.0, 0.0) for name in ("y'", "y", "o")},
    **{f"g({name})/beta": Span(-5.0, 5.0) for name in ("y", "z", "o")},
    **{f"D({name})": Span(-1.0, 1.0) for name in ("y", "z")},
}


def density(place: int) -> Callable[[Instances], Floats]:
    """``pi_t/pi_ref pi*(I) / C_cov`` at response `place` of ``y', y, z, o``, `[K]`."""

    def ratio(at: Instances) -> Floats:
        zero = np.zeros_like(at["D(y)"])
        base = np.stack([at["log-weight of y'"], at["log-weight of y"], zero, at["log-weight of o"]], axis=-1)
        base = base - np.logaddexp.reduce(base, axis=-1, keepdims=True)
        g = np.stack([zero, at["g(y)/beta"], at["g(z)/beta"], at["g(o)/beta"]], axis=-1)
        f = np.stack([zero, g[:, 1] - at["D(y)"], g[:, 2] - at["D(z)"], zero], axis=-1)
        kept = np.logaddexp.reduce((base + g)[:, :3], axis=-1)
        log_ratio = f[:, place] - np.logaddexp.reduce(base + f, axis=-1) + kept - g.max(axis=-1)
        return np.asarray(np.exp(log_ratio))

    return ratio


def certified_density(place: int) -> Callable[[Instance], Any]:
    """The same of one instance, a ball, from both policies."""

    def ratio(at: Instance) -> Any:
        from explore_theory.certify.balls import ball, precision

        with precision(BITS):
            weights = [at["log-weight of y'"], at["log-weight of y"], 0, at["log-weight of o"]]
            masses = [ball(weight).exp() for weight in weights]
            base = [mass / sum(masses) for mass in masses]
            g = [ball(0), *(ball(at[f"g({name})/beta"]) for name in ("y", "z", "o"))]
            f = [ball(0), g[1] - ball(at["D(y)"]), g[2] - ball(at["D(z)"]), ball(0)]
            best, policy = (_tilted(base, [score.exp() for score in scores]) for scores in (g, f))
            coverage = best[0] / base[0]
            for p, b in zip(best[1:], base[1:], strict=True):
                coverage = coverage.max(p / b)
            return policy[place] / base[place] * sum(best[:3]) / coverage

    return ratio


ON = Constant(
    slug="on-constant",
    name="K",
    says="pi_t/pi_ref <= K C_cov/pi*(I) on I",
    stated=Value("e^2", formula(lambda one: (2 * one).exp())),
    best="least",
    coordinates=FOUR,
    score=density(1),
    certified=certified_density(1),
)

OFF = Constant(
    slug="off-constant",
    name="K",
    says="pi_t/pi_ref <= K C_cov/pi*(I) off I",
    stated=Value("e", formula(lambda one: one.exp())),
    best="least",
    coordinates=FOUR,
    score=density(3),
    certified=certified_density(3),
)


# --- S7 -----------------------------------------------------------------------------------------------------


def certified_chance(at: Instance) -> Any:
    """``min(1, N p) / (1 - (1-p)^N)``, a ball."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        n, p = at["N"], ball(at["p"])
        return (n * p).min(ball(1)) / -(n * (-p).log1p()).expm1()


CHANCE = Constant(
    slug="chance-constant",
    name="K",
    says="min(1, N p) <= K (1 - (1-p)^N)",
    stated=Value("e/(e - 1)", formula(lambda one: one.exp() / one.expm1())),
    best="least",
    coordinates={"N": Span(1, 10**9, log=True, whole=True), "p": Span(1e-10, 0.999, log=True)},
    score=lambda at: np.minimum(1.0, at["N"] * at["p"]) / -np.expm1(at["N"] * np.log1p(-at["p"])),
    certified=certified_chance,
)
