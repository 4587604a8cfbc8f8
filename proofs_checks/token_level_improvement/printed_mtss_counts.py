"""How much MTSS as printed asks for: the meters of runs, and closed forms counted from the pages.

Letters: `T` iterations, `H` layers, `N` pairs of rollouts for each pair of a core set, `W` walks from each.
In iteration `t` the core set of a layer holds ``2 (t - 1)`` pairs.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from explore_theory import oracles
from explore_theory.algorithms.tokens.printed import PrintedMTSS
from explore_theory.harness import Bound, Measurement, Trial
from explore_theory.oracles.ledger import Ledger
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import random_process
from proofs_checks.token_level_improvement.learners import Rows

KINDS = ("reward", "transition", "reset", "feature", "prompt")


@dataclass(frozen=True)
class Setting:
    """One run: the numbers of the learner, the horizon, and what the ledger says."""

    iterations: int
    horizon: int
    rollouts: int
    walks: int
    tests: int
    sampler: SoftmaxSampler
    ledger: Ledger

    @property
    def old(self) -> int:
        """``sum_t 2 (t - 1)``: pairs of a layer, added up over the iterations."""
        return self.iterations * (self.iterations - 1)

    @property
    def ends(self) -> int:
        """Ends of walks: `W` from prompts and from each pair of each earlier layer, for every layer."""
        steps = self.horizon
        return self.walks * (self.iterations * steps + self.old * steps * (steps - 1) // 2)

    @property
    def walked(self) -> int:
        """States that walks come to, their ends among them; to layer `h` from a pair of layer `l` there are
        ``h - l``.
        """
        steps = self.horizon
        from_prompts = self.iterations * steps * (steps + 1) // 2
        return self.walks * (from_prompts + self.old * steps * (steps * steps - 1) // 6)

    @property
    def rolled(self) -> int:
        """States that rollouts of FitValue come to: two of them, `N` times, from each pair to the end."""
        return self.old * 2 * self.rollouts * self.horizon * (self.horizon - 1) // 2


def settings(trial: Trial) -> list[Setting]:
    """Runs of the printed algorithm to the letter, on random processes of three states and three actions."""
    return _run(Rows.of(trial.streams))


@lru_cache(maxsize=2)
def _run(rows: Rows) -> list[Setting]:
    found = []
    grid = itertools.product((1, 2, 3, 4), (1, 2, 3), ((2, 1, 1), (3, 2, 4)))
    for steps, iterations, (rollouts, walks, tests) in grid:
        problem = random_process(horizon=steps, states=3, actions=3, dimension=2, beta=0.5)
        sampler = SoftmaxSampler(ratio=8.0, normaliser=5, tries=20)
        learner = PrintedMTSS(
            iterations=iterations,
            rollouts=rollouts,
            walks=walks,
            tests=tests,
            ridge=0.1,
            radius=0.5,
            parameter_radius=problem.parameter_radius or 1.0,
            sampler=sampler,
        )
        streams = rows.streams(f"{steps}-{iterations}-{rollouts}")
        oracle = oracles.open_density(problem, streams=streams)
        learner.run(oracle)
        found.append(Setting(iterations, steps, rollouts, walks, tests, sampler, oracle.ledger))
    return found


def _witness(found: list[Setting], kinds: tuple[str, ...]) -> Callable[[int], dict[str, int | str]]:
    def witness(k: int) -> dict[str, int | str]:
        one = found[k // len(kinds)]
        return {
            "kind": kinds[k % len(kinds)],
            "T": one.iterations,
            "H": one.horizon,
            "rollouts": one.rollouts,
            "walks": one.walks,
        }

    return witness


def metered(found: list[Setting]) -> Measurement:
    """What the ledger says, by `KINDS`."""
    values = [Fraction(int(one.ledger.total(kind)[0])) for one in found for kind in KINDS]
    return Measurement.exact(values, unit="runs", witness=_witness(found, KINDS))


def counted(found: list[Setting], *, resets: bool = True, once: bool = True, anchors: int = 2) -> Bound:
    """The closed forms.

    False variants: no resets; every departure from a pair is a reset; `anchors` is one where nothing goes
    back to the pairs (x, anchor).
    """
    values = []
    for one in found:
        pairs, steps = one.old * anchors // 2, one.horizon
        rolled = one.rolled * anchors // 2
        walked = one.walked
        # What leaves a pair of a core set: rollouts, and walks to each later layer. The first is no reset.
        left = pairs * (2 * one.rollouts * steps + one.walks * steps * (steps - 1) // 2)
        fresh = steps * (one.iterations - 1) if once else 0
        values += [
            2 * one.rollouts * pairs * steps + rolled,
            # The first state of a walk from prompts is not walked to.
            rolled + walked - one.walks * one.iterations * steps,
            left - fresh if resets else 0,
            rolled + walked,
            one.walks * one.iterations * steps,
        ]
    return Bound.of([Fraction(value) for value in values])


def tokens(found: list[Setting]) -> Measurement:
    """Token calls, as the ledger says."""
    values = [Fraction(int(one.ledger.total("token")[0])) for one in found]
    return Measurement.exact(values, unit="runs", witness=_witness(found, ("token",)))


def most_tokens(found: list[Setting], *, candidates: int | None = None, tests: bool = True) -> Bound:
    """Estimates, candidates and one more draw at each state, and the tests at each end.

    False variants: at most so many `candidates`; no tests.
    """
    values = []
    for one in found:
        each = one.sampler.normaliser + (one.sampler.tries if candidates is None else candidates) + 1
        values.append(Fraction(each * (one.rolled + one.walked) + (one.tests * one.ends if tests else 0)))
    return Bound.of(values)
