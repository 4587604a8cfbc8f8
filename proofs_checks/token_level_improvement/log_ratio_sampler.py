"""The token oracle's sampler on one layer of four tokens: what it reports, and what T8 says of it.

What is drawn comes from the oracle; what it is held against is summed here from base law and scores,
without the package's own law of a step. Letters: `n` steps, `A` tokens.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Bound, Mean, Trial
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.sampler import TokenPolicy
from explore_theory.problems.autoregressive import AutoregressiveProblem, Layer

Floats = npt.NDArray[np.float64]

BASE = np.array([0.55, 0.3, 0.1, 0.05])
#: ``f/beta`` is the difference of two of these: no two tokens are further apart than the radius.
SCORE = np.array([-1.0, 0.4, 0.9, 1.3])
BETA = 0.7
#: ``log alpha >= -2.3``, and ``H_{N-1} <= 1 + log 400``.
BOTTOM, TOP = -2.5, 7.5


@dataclass(frozen=True)
class Steps:
    """`rows` rows of `steps` steps under `law`: ceilings of `draws` base tokens, `cap` candidates at most."""

    law: str
    draws: int
    cap: int
    steps: int
    rows: tuple[int, ...]
    path: tuple[str, ...]
    reseed: int


def steps(trial: Trial) -> Steps:
    """The steps of the case."""
    params, streams = trial.case.params, trial.streams
    law, draws, cap, count = (params[name] for name in ("law", "draws", "cap", "steps"))
    return Steps(str(law), int(draws), int(cap), int(count), streams.rows, streams.path, streams.reseed)


def _problem() -> AutoregressiveProblem:
    layer = Layer(
        base=BASE[None],
        reward=np.zeros((1, 4)),
        features=(SCORE / 2)[None, :, None],
        next=np.zeros((1, 4), dtype=np.int64),
    )
    return AutoregressiveProblem(
        prompt_mass=np.ones(1), start=np.zeros(1, dtype=np.int64), layers=(layer,), beta=BETA
    )


@cache
def reported(world: Steps) -> tuple[Floats, npt.NDArray[np.int64]]:
    """`[n]` each: the reports of all steps, and the number of the accepted candidate (0 if there is none)."""
    policy = TokenPolicy(
        theta=np.array([[2 * BETA]]),
        precision=np.ones((1, 1, 1)),
        radius=2.0,
        draws=world.draws,
        cap=world.cap,
    )
    reports, numbers = [], []
    for row in world.rows:
        streams = Streams((*world.path, world.law, str(row)), range(world.steps), world.reseed)
        oracle = open_tokens(_problem(), law=world.law, streams=streams)
        taken = oracle.step(oracle.prompts(np.arange(world.steps)), policy)
        candidates = (oracle.ledger.total("token") - 1 - world.draws).astype(np.int64)
        reports.append(taken.log_ratio)
        numbers.append(np.where(candidates > world.cap, 0, candidates))
    return np.concatenate(reports), np.concatenate(numbers)


def sampled(world: Steps, *, more: int = 0, bare: bool = False, at_cap: bool = False) -> Mean:
    """The mean report, one value per step.

    False variants: ``H_{N-1+more}``; no correction (`bare`); ``H_cap`` where no candidate was accepted.
    """
    values, number = reported(world)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1.0, world.cap + 2))])
    accepted = number > 0
    before = np.maximum(number - 1, 0)
    if more or bare:
        wanted = np.zeros_like(values) if bare else harmonic[before + more]
        values = np.where(accepted, values - harmonic[before] + wanted, values)
    if at_cap:
        values = np.where(accepted, values, harmonic[world.cap])
    return Mean(values=values, low=BOTTOM, high=TOP, effort=values.size, unit="steps")


def stated(world: Steps, *, unclipped: bool = False, unbiased: bool = False) -> Bound:
    """``E [(1 - (1-p)^cap) KL(law || pi_ref) + bias]`` over base token and ceiling, by T8.

    False variants: the law is ``pi_f`` whatever is clipped; the cap adds no bias.
    """
    mean = 0.0
    for anchor, mass in zip(SCORE, BASE, strict=True):
        for ceiling, chance in _ceilings(world.draws):
            accept = np.exp(np.minimum(SCORE - ceiling, 0.0))
            p = float(BASE @ accept)
            law = BASE * (np.exp(SCORE - anchor) if unclipped else accept)
            law = law / law.sum()
            divergence = float(law @ np.log(law / BASE))
            bias = 0.0 if unbiased else bias_of_giving_up(p, world.cap)
            mean += mass * chance * ((1 - (1 - p) ** world.cap) * divergence + bias)
    return Bound.of(mean, error=1e-13)


def _ceilings(draws: int) -> list[tuple[float, float]]:
    """Every score and the probability that it is the largest of so many base tokens."""
    order = np.argsort(SCORE)
    reached = np.cumsum(BASE[order]) ** draws
    return list(zip(SCORE[order].tolist(), np.diff(reached, prepend=0.0).tolist(), strict=True))


def bias_of_giving_up(p: float, cap: int) -> float:
    """``-sum_{n > cap} (1-p)^n/n - (1-p)^cap (H_cap + log p)``, by the finite sum to `cap`."""
    q = 1 - p
    kept = sum(q**n / n for n in range(1, cap + 1))
    harmonic = sum(1 / n for n in range(1, cap + 1))
    return kept + math.log(p) - q**cap * (harmonic + math.log(p))
