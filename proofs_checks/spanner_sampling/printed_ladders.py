"""The numbers of both schedules, printed and ours, from one problem to the next."""

import math
from collections.abc import Mapping
from typing import Any

from explore_theory.algorithms import PrintedSchedule, Schedule
from explore_theory.harness import Bound, Measurement, Rungs, Trial

#: How far a curve of exact numbers is from a power for lower orders and logarithms of logarithms, relatively.
BAND = 0.05


def schedules(eps: float, beta: float) -> tuple[PrintedSchedule, Schedule]:
    """The printed one and ours for one problem: noise of a difference as large as `R` allows."""
    known = {"d": 3, "beta": beta, "reward_range": 1.0, "parameter_radius": 1.0, "coverage": 10.0}
    return both({**known, "eps": eps, "delta": 0.25})


def both(told: Mapping[str, Any]) -> tuple[PrintedSchedule, Schedule]:
    """The printed schedule and ours for the same numbers, with ``sigma = 1``."""
    return PrintedSchedule(**told), Schedule(**told, sigma=1.0)


def calls_by_data(trial: Trial) -> Rungs:
    """``T_comp`` against ``T_data`` as ``eps`` falls from 1e-6; ours without the sampler's logarithm."""
    x, y = [], []
    for k in (6, 7, 8, 9, 10):
        printed, own = schedules(10.0**-k, 0.5)
        if trial.case.params["schedule"] == "printed":
            x.append(printed.data_bound)
            y.append(printed.compute_bound())
        else:
            x.append(own.data_bound)
            y.append(own.compute_bound() / math.log(own.data_bound))
    return Rungs.exact(x, y, band=BAND, unit="accuracies")


def prompts_by_range(trial: Trial) -> Rungs:
    """Prompts to a pair against ``R/beta``; ours without the ratio of logarithms of two determinants."""
    ratios, prompts = (10.0, 20.0, 50.0, 100.0, 200.0), []
    for ratio in ratios:
        printed, own = schedules(1e-5, 1 / ratio)
        if trial.case.params["schedule"] == "printed":
            prompts.append(printed.prompts / printed.data_bound)
        else:
            logarithms = math.log(own.data_bound) / math.log(own.most_accepted)
            prompts.append((own.span_rounds + own.explore_rounds) / own.data_bound * logarithms)
    return Rungs.exact(ratios, prompts, band=BAND, unit="ranges")


def calls_over_their_order(trial: Trial) -> Measurement:
    """``T_comp`` over ``C_cov (R^2/beta^2) T^2``, of the printed schedule."""
    printed = schedules(float(trial.case.params["eps"]), float(trial.case.params["beta"]))[0]
    order = printed.coverage / printed.beta**2 * printed.explore_rounds**2
    return Measurement.exact([printed.compute_bound() / order], error=1e-9, unit="schedules")


def order_with_logarithm(trial: Trial) -> Bound:
    """``2 (1 + 1/T)^2 + (4 + 64 e^2 log(4 T))/T``: rounding, and the sampler, as ``C_cov, R/beta >= 1``."""
    return order_of(
        schedules(float(trial.case.params["eps"]), float(trial.case.params["beta"]))[0].explore_rounds
    )


def order_of(rounds: int) -> Bound:
    """The same from ``T`` itself."""
    value = 2 * (1 + 1 / rounds) ** 2 + (4 + 64 * math.e**2 * math.log(4 * rounds)) / rounds
    return Bound.of(value, error=1e-9)
