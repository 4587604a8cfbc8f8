"""What one prompt costs, from the definition of the divergence, against what the proof of S9 ends with.

Theory section 2; letters and conventions as in `one_prompt`, ``R = 1``.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import Case, Measurement, Resolution, Trial, climb
from proofs_checks.spanner_sampling import one_prompt
from proofs_checks.spanner_sampling.one_prompt import Floats, Prompts

#: Both sides carry their rounding (`Prompts.rounding`: 1.1e-11 at beta = 1e-3), and both may be zero.
RESOLUTION = Resolution(absolute=3e-11)


def searched(
    trial: Trial, score: Callable[[Prompts], Floats], *, largest_beta: float = 1.0, stretch: float = 1.0
) -> Prompts:
    """The prompts on which the search drove `score` highest; errors are `stretch` times what S1 allows."""
    params = trial.case.params
    n, steps, flavour = int(params["n"]), int(params["steps"]), str(params["flavour"])

    def decode(z: Floats, effort: int) -> Prompts:
        return one_prompt.decode(
            z, n, effort=effort, flavour=flavour, largest_beta=largest_beta, stretch=stretch
        )

    z = climb(lambda z: score(decode(z, 0)), one_prompt.width(n), steps, trial.streams)
    return decode(z, len(z) * (1 + steps))


def capped(prompts: Prompts) -> Floats:
    """Laws ``∝ pi_ref exp(min(f/beta, c))``, `[K, N, N]`, the cap anything at all."""
    return prompts.tilted(np.minimum(prompts.log_tilt(), 20 * prompts.free[:, :1, None]))


def dearest(prompts: Prompts) -> Floats:
    """The largest ``beta KL(pi_h || pi*)`` over ``y'``, `[K]`, ``R = 1``."""
    return np.asarray(prompts.divergence(capped(prompts)).max(axis=-1))


def played(prompts: Prompts) -> Floats:
    """The law of the sampler's output, log `[K, N, N]`.

    The estimate of the normaliser is off by a factor in [1/2, 2], ``M = 4 e^2 C_cov``; a failed call returns
    the law of another cap.
    """
    tilt = prompts.log_tilt()
    normaliser = laws.log_sum_exp(prompts.log_base[:, None, :] + tilt)
    off = math.log(2) * np.clip(prompts.free[:, 0], -1, 1)
    cap = normaliser + (off + math.log(4) + 2 + prompts.log_coverage())[:, None]
    law = prompts.tilted(np.minimum(tilt, cap[:, :, None]))
    with np.errstate(divide="ignore"):
        fails = np.log(prompts.fails)[:, None, None]
    other = prompts.tilted(np.minimum(tilt, 20 * prompts.free[:, 1:2, None]))
    works = np.log1p(-prompts.fails)[:, None, None]
    return laws.log_normalise(np.logaddexp(works + law, fails + other))


def cost(prompts: Prompts) -> Floats:
    """``E_{y'} beta KL(q || pi*)``, `[K]`."""
    return prompts.average(prompts.divergence(played(prompts)))


#: The sharper constants: of the square, and of ``R A``.
SQUARE, FAR = math.e - 2, 2 + 2 * math.log(2) + 2 * math.e


def limit(prompts: Prompts, square: float = SQUARE, far: float = FAR, hidden: float = 1.0) -> Floats:
    """``(e-2) beta E[D^2 1_I] + (2 + 2 log 2 + 2e) R min(1, C_cov p) + R fails``, `[K]`.

    Coverage is under-reported by the factor `hidden`.
    """
    squares = prompts.average(np.sum(np.exp(played(prompts)) * prompts.squared_error(), axis=-1))
    uncovered = np.minimum(1.0, prompts.far_pairs() * np.exp(prompts.log_coverage()) / hidden)
    return square * prompts.beta * squares + far * uncovered + prompts.fails


def ratio(prompts: Prompts) -> Floats:
    """What the search climbs: cost over its limit."""
    right = limit(prompts)
    return np.where(right > 0, cost(prompts) / np.where(right > 0, right, 1.0), 0.0)


def rare_comparison() -> Prompts:
    """Comparison responses from which a common bad response is far: `far_cost` is close to e/2.

    The third response is as good as the first, rarely seen, and overestimated by ``beta``; the second has
    reward 0 and is far from the third. Relative to the third the second looks as good as the average, and is
    played `e` times more often than at random; far pairs count twice in `p`.
    """
    rare, bad, beta = 1e-3, 3e-3, 1e-5
    close = np.array([[[True, True, True], [True, True, False], [True, False, True]]])
    return Prompts(
        log_base=np.log([[1 - bad - rare, bad, rare]]),
        reward=np.array([[1.0, 0.0, 1.0]]),
        error=np.array([[0.0, 0.0, beta * (1 - 1e-12)]]),
        close=close,
        beta=np.array([beta]),
        fails=np.zeros(1),
        free=np.zeros((1, 2)),
        effort=1,
    )


def far_cost(prompts: Prompts) -> Floats:
    """What a prompt costs beyond the square term, over ``R min(1, C_cov p)``, `[K]`."""
    uncovered = limit(prompts, square=0.0, far=1.0)
    excess = cost(prompts) - limit(prompts, far=0.0)
    return np.where(covered_enough(prompts), excess / np.maximum(uncovered, LEAST_UNCOVERED), 0.0)


#: Below this, what is left of a cost after the square term is lost in rounding.
LEAST_UNCOVERED = 1e-7


def far_prompts(trial: Trial) -> Prompts:
    """The prompts on which the search drove `far_cost` highest, or `rare_comparison`."""
    if trial.case.params["flavour"] == "rare-comparison":
        return rare_comparison()
    return searched(trial, far_cost)


def covered_enough(prompts: Prompts) -> npt.NDArray[np.bool_]:
    """Where ``min(1, C_cov p)`` is at least `LEAST_UNCOVERED`, `[K]`."""
    return np.asarray(limit(prompts, square=0.0, far=1.0) >= LEAST_UNCOVERED)


def far_costs(prompts: Prompts) -> Measurement:
    """`far_cost` with its rounding error; nothing is said where hardly anything is uncovered."""
    return Measurement.exact(
        far_cost(prompts),
        error=2 * prompts.rounding() / LEAST_UNCOVERED,
        effort=prompts.effort,
        unit="prompts",
        applicable=covered_enough(prompts),
        witness=prompts.describe,
    )


def measured(prompts: Prompts, value: Callable[[Prompts], Floats]) -> Measurement:
    """`value` with its rounding error."""
    return Measurement.exact(
        value(prompts),
        error=prompts.rounding(),
        effort=prompts.effort,
        unit="prompts",
        witness=prompts.describe,
    )


def search_case(flavour: str, n: int, *, steps: int = 60, tight: bool = False) -> Case:
    """One family of prompts."""
    return Case(
        slug=f"{flavour}-n{n}",
        params={"n": n, "flavour": flavour, "steps": steps},
        rows={"quick": 64, "full": 1024},
        tight=tight,
    )
