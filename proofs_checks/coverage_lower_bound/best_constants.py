"""The constants of C2, C4, C5 and LE2, each with instances that need it.

*C2*. ``h = e^v / (e^v + C - 1)`` with ``v = s/beta <= 1`` needs ``K = h C``, largest at ``v = 1``:
``e C/(e + C - 1)``, which rises to `e` as `C` grows. With ``e C^-a`` in its place the same instances need
``a <= (1 - log h)/log C``, which falls to 1.

*C4*. By the chain rule ``gap = beta kl(p || q) + beta (1 - p) KL(x || y)`` with `x`, `y` the laws off ``y*``
of the policy and of the optimal one: an instance needs ``K <= 1 + (1 - p) KL(x || y)/kl(p || q)``, which is 1
where the two agree. The search is not told.

*C5*. ``(1 - q)/b = 1/(1 + b)`` for ``b = (C - 1) e^{-1/beta}``: one as `b` goes to zero.

*LE2*. Needed at a call at ``|theta| = 1``: ``E h(u_1) / max{1/C, e^{-beta^2 d/2}}``; largest near ``beta^2
d/2 = log C = 2.1`` in high dimension.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Constant, Span, Value

Floats = npt.NDArray[np.float64]
Instances = Mapping[str, Floats]
Instance = Mapping[str, Any]

BITS = 256


def euler() -> Any:
    """`e`."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        return ball(1).exp()


# --- C2 -----------------------------------------------------------------------------------------------------

CALL = {"C - 1": Span(1e-9, 1e12, log=True), "s/beta": Span(-4.0, 1.0)}


def log_hit(at: Instances) -> Floats:
    """``log h`` `[K]`."""
    v = at["s/beta"]
    return np.asarray(v - np.logaddexp(v, np.log(at["C - 1"])))


def hit(at: Instance) -> tuple[Any, Any]:
    """``h`` and `C`, balls."""
    from explore_theory.certify.balls import ball

    odds, tilt = ball(at["C - 1"]), ball(at["s/beta"]).exp()
    return tilt / (tilt + odds), odds + 1


def certified_hit(at: Instance) -> Any:
    """``h C``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        probability, coverage = hit(at)
        return probability * coverage


def certified_power(at: Instance) -> Any:
    """``(1 - log h)/log C``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        probability, coverage = hit(at)
        return (1 - probability.log()) / coverage.log()


HIT = Constant(
    slug="hit-constant",
    name="K",
    says="h(s) <= K/C for s <= beta",
    stated=Value("e", euler),
    best="least",
    coordinates=CALL,
    score=lambda at: np.exp(log_hit(at)) * (1 + at["C - 1"]),
    certified=certified_hit,
)

HIT_POWER = Constant(
    slug="hit-exponent",
    name="a",
    says="h(s) <= e C^-a for s <= beta",
    kind="exponent",
    stated=Value("1"),
    best="greatest",
    coordinates=CALL,
    score=lambda at: (1 - log_hit(at)) / np.log1p(at["C - 1"]),
    certified=certified_power,
)


# --- C4 -----------------------------------------------------------------------------------------------------

#: Below this divergence of the coins, doubles do not tell a gap from rounding.
LEAST = 1e-6

MASS = {
    **{f"base log-weight {i}": Span(-4.0, 4.0) for i in (1, 2)},
    **{f"reward {i}": Span(-1.0, 1.0) for i in (1, 2)},
    **{f"policy log-weight {i}": Span(-4.0, 4.0) for i in (1, 2)},
    "beta": Span(0.1, 10.0, log=True),
}


def gap_ratio(at: Instances) -> Floats:
    """``gap / (beta kl(p || q))`` `[K]` with three responses; large where `p` and `q` are nearly the same."""
    beta = at["beta"]
    base, policy, reward = (
        np.stack([np.zeros_like(beta), at[f"{name} 1"], at[f"{name} 2"]], axis=-1)
        for name in ("base log-weight", "policy log-weight", "reward")
    )
    log_base, log_policy = _normal(base), _normal(policy)
    log_best = _normal(log_base + reward / beta[:, None])
    divergence = np.sum(np.exp(log_policy) * (log_policy - log_best), axis=-1)
    coin = np.sum(_coin(log_policy) * np.log(_coin(log_policy) / _coin(log_best)), axis=-1)
    return np.where(coin < LEAST, 10.0, divergence / np.maximum(coin, LEAST))


def _normal(logits: Floats) -> Floats:
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


def _coin(log_law: Floats) -> Floats:
    law = np.exp(log_law)
    return np.stack([law[:, 0], law[:, 1] + law[:, 2]], axis=-1)


def certified_gap_ratio(at: Instance) -> Any:
    """``gap / (beta kl(p || q))``, the gap a difference of objectives."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        beta = ball(at["beta"])
        reward = [ball(0), ball(at["reward 1"]), ball(at["reward 2"])]
        base, policy = (
            _law([ball(0), ball(at[f"{name} log-weight 1"]), ball(at[f"{name} log-weight 2"])])
            for name in ("base", "policy")
        )
        best = _law([b.log() + r / beta for b, r in zip(base, reward, strict=True)])

        def objective(law: list[Any]) -> Any:
            terms = zip(law, base, reward, strict=True)
            return sum((p * (r - beta * (p / b).log()) for p, b, r in terms), ball(0))

        coins = zip(_sides(policy), _sides(best), strict=True)
        return (objective(best) - objective(policy)) / (beta * sum((p * (p / q).log() for p, q in coins)))


def _law(logits: list[Any]) -> list[Any]:
    weights = [logit.exp() for logit in logits]
    return [weight / sum(weights) for weight in weights]


def _sides(law: list[Any]) -> tuple[Any, Any]:
    return law[0], law[1] + law[2]


GAP = Constant(
    slug="gap-constant",
    name="K",
    says="J(pi*) - J(pi) >= K beta kl(p || q)",
    stated=Value("1"),
    best="greatest",
    coordinates=MASS,
    score=gap_ratio,
    certified=certified_gap_ratio,
)


# --- C5 -----------------------------------------------------------------------------------------------------


def certified_miss(at: Instance) -> Any:
    """``(1 - q) e^{1/beta} / (C - 1)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(1600):
        odds, tilt = ball(at["C - 1"]), ball(at["1/beta"]).exp()
        return (1 - tilt / (tilt + odds)) * tilt / odds


MISS = Constant(
    slug="miss-constant",
    name="K",
    says="1 - q <= K (C - 1) e^{-1/beta}",
    stated=Value("1"),
    best="least",
    coordinates={"C - 1": Span(1e-9, 1e12, log=True), "1/beta": Span(0.1, 700.0, log=True)},
    score=lambda at: 1 / (1 + np.exp(np.log(at["C - 1"]) - at["1/beta"])),
    certified=certified_miss,
)


# --- LE2 ----------------------------------------------------------------------------------------------------

#: Nodes of the average over the sphere, and how many standard deviations of ``u_1`` they cover.
NODES, FAR = 200, 9.0


def call_worth(at: Instances) -> Floats:
    """``E h(u_1) / max{1/C, e^{-beta^2 d/2}}`` `[K]`, by a midpoint rule."""
    d, x = at["d"][:, None], at["beta^2 d/2"][:, None]
    beta, odds = np.sqrt(2 * x / d), np.expm1(at["log C"])[:, None]
    u = np.minimum(FAR / np.sqrt(d), 1.0) * ((np.arange(NODES) + 0.5) / NODES * 2 - 1)
    weight = np.exp((d - 3) / 2 * np.log1p(-u * u))
    mean = np.sum(weight / (1 + odds * np.exp(-u / beta)), axis=1) / weight.sum(axis=1)
    return np.asarray(mean / np.exp(-np.minimum(at["log C"], at["beta^2 d/2"])))


def certified_call_worth(at: Instance) -> Any:
    """The same, the average enclosed."""
    from explore_theory.certify.balls import ball, precision
    from explore_theory.certify.needle import repeated_hit

    d, beta = at["d"], float(np.sqrt(2 * at["beta^2 d/2"] / at["d"]))
    coverage = float(np.exp(at["log C"]))
    with precision(128):
        larger = (1 / ball(coverage)).max((-(ball(beta) ** 2) * d / 2).exp())
        return repeated_hit(d, coverage, beta, calls=1, tolerance=1e-6) / larger


CALL_WORTH = Constant(
    slug="call-constant",
    name="K",
    says="E h(<theta, u>) <= K max{e0, e^{-beta^2 d/2}}",
    stated=Value("1.0816"),
    best="least",
    coordinates={
        "d": Span(100, 3000, log=True, whole=True),
        "beta^2 d/2": Span(0.7, 5.0),
        "log C": Span(0.7, 5.0),
    },
    score=call_worth,
    certified=certified_call_worth,
)
