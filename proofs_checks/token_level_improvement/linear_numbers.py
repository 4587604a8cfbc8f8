"""Corollary 5.1 in numbers: schedules at growing horizons and coverages, the optimum in rationals."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.algorithms import PrintedSchedule, Schedule
from explore_theory.harness import Bound, Measurement, Rungs, Trial
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.problems import product_problem
from proofs_checks.spanner_sampling.printed_ladders import BAND, both, order_of
from proofs_checks.token_level_improvement.linear_runs import DELTA

# --- schedules ---------------------------------------------------------------------------------------------


def schedules(horizon: int, eps: float = 0.1, coverage: float = 10.0) -> tuple[PrintedSchedule, Schedule]:
    """The printed one and ours for ``d = 1``, `H` tokens, ``|theta_h| <= 1``: features in ``R^H``, B = H."""
    known = {"d": horizon, "beta": 0.5, "reward_range": 1.0, "parameter_radius": float(horizon)}
    return both({**known, "coverage": coverage, "eps": eps, "delta": DELTA})


def by_horizon(trial: Trial) -> Rungs:
    """Pairs, or token calls, against `H`, without their logarithms: two of each, four in printed calls."""
    params = trial.case.params
    x, y = [], []
    for horizon in (256, 512, 1024, 2048, 4096):
        printed, own = schedules(horizon)
        if params["schedule"] == "printed":
            logarithm = math.log(horizon * printed.explore_rounds / DELTA)
            pairs, calls, power = printed.data_bound, printed.compute_bound(), 4
        else:
            logarithm = math.log1p(4 * own.data_bound / (horizon * own.ridge))
            pairs, calls, power = own.data_bound, own.compute_bound(), 2
        x.append(float(horizon))
        y.append(pairs / logarithm**2 if params["what"] == "pairs" else horizon * calls / logarithm**power)
    return Rungs.exact(x, y, band=BAND, unit="horizons")


def by_coverage(trial: Trial) -> Rungs:
    """Token calls of responses of eight tokens against ``C_cov``."""
    x = [10.0**k for k in range(1, 6)]
    pairs = [schedules(8, coverage=coverage) for coverage in x]
    which = 0 if trial.case.params["schedule"] == "printed" else 1
    return Rungs.exact(x, [8 * pair[which].compute_bound() for pair in pairs], band=BAND, unit="coverages")


def tokens_over_their_order(trial: Trial) -> Measurement:
    """Token calls over ``H C_cov (R^2/beta^2) T^2``, of the printed schedule."""
    params = trial.case.params
    horizon = int(params["horizon"])
    found = schedules(horizon, float(params["eps"]))[0]
    order = horizon * found.coverage / found.beta**2 * found.explore_rounds**2
    return Measurement.exact([horizon * found.compute_bound() / order], error=1e-9, unit="schedules")


def order_with_logarithm(trial: Trial) -> Bound:
    """That of T31: a token call is one of `H` of a whole response, on both sides."""
    params = trial.case.params
    return order_of(schedules(int(params["horizon"]), float(params["eps"]))[0].explore_rounds)


# --- one response ------------------------------------------------------------------------------------------

HORIZONS = (1, 2, 5, 16, 64)


def token_calls(trial: Trial) -> Measurement:
    """Calls of the token oracle for one response of the base policy, at each of `HORIZONS`."""
    found = []
    for horizon in HORIZONS:
        oracle = open_tokens(product_problem(horizon=horizon, weight=1.0, beta=1.0), law="literal")
        prefixes = oracle.prompts([0])
        while prefixes.length < horizon:
            prefixes = oracle.extend(prefixes, oracle.draw(prefixes).tokens[:, 0])
        found.append(float(oracle.ledger.compute[0]))
    return Measurement.exact(found, unit="responses", witness=lambda k: {"H": HORIZONS[k]})


def horizons(fewer: int = 0) -> Bound:
    """`HORIZONS`, or `fewer`."""
    return Bound.of([float(h - fewer) for h in HORIZONS])


# --- the optimum -------------------------------------------------------------------------------------------

Prefix = tuple[int, ...]
#: Base laws of a token after an even and an odd sum of tokens, and ``exp(theta_h/beta)``.
LAWS = ((Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 10), Fraction(9, 10)))
TILTS = ((Fraction(2), Fraction(3)), (Fraction(5), Fraction(1, 7)))
RESPONSES = tuple(itertools.product(range(2), repeat=2))
PREFIXES = ((0,), (1,), *RESPONSES)


def _features() -> list[dict[Prefix, int]]:
    """All features of the prefixes of two tokens with values -1, 0 and 1: one coordinate each, ``d = 1``."""
    return [dict(zip(PREFIXES, values, strict=True)) for values in itertools.product((-1, 0, 1), repeat=6)]


def _base(prefix: Prefix) -> Fraction:
    return LAWS[sum(prefix[:-1]) % 2][prefix[-1]]


def token_by_token(trial: Trial) -> Measurement:
    """``pi*(y)`` by the soft dynamic programme over tokens, for all features, tilts and responses."""
    found = []
    for phi in _features():
        for tilts in TILTS:
            # exp(Q_2/beta) is the tilt of the response, and exp(V_2/beta) its mean over the second token.
            tilt = {y: tilts[0] ** phi[y[:1]] * tilts[1] ** phi[y] for y in RESPONSES}
            value = {a: sum(_base((a, b)) * tilt[a, b] for b in range(2)) for a in range(2)}
            total = sum(_base((a,)) * value[a] for a in range(2))
            for a, b in RESPONSES:
                found.append(_base((a,)) * value[a] / total * (_base((a, b)) * tilt[a, b] / value[a]))
    return Measurement.exact(_objects(found), unit="probabilities")


def whole_softmax(*, layers: tuple[int, ...] = (0, 1)) -> Bound:
    """Softmax over responses, features ``(phi_1, phi_2)``; false variant: of some `layers` only."""
    found = []
    for phi in _features():
        for tilts in TILTS:
            weight = {}
            for y in RESPONSES:
                base = math.prod((_base(y[: h + 1]) for h in range(2)), start=Fraction(1))
                weight[y] = base * math.prod(tilts[h] ** phi[y[: h + 1]] for h in layers)
            total = sum(weight.values())
            found += [weight[y] / total for y in RESPONSES]
    return Bound.of(_objects(found))


def autoregressive_softmax() -> Bound:
    """False variant: softmax token by token, with the same parameters."""
    found = []
    for phi in _features():
        for tilts in TILTS:
            for y in RESPONSES:
                mass = Fraction(1)
                for h in range(2):
                    weight = {a: _base((*y[:h], a)) * tilts[h] ** phi[(*y[:h], a)] for a in range(2)}
                    mass *= weight[y[h]] / sum(weight.values())
                found.append(mass)
    return Bound.of(_objects(found))


def _objects(values: list[Any]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
