"""Policies of the library beside sums over responses (`plain_law`), for STa."""

from dataclasses import dataclass

import numpy as np

from explore_theory import exact
from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Bound, Case, Measurement, Trial
from explore_theory.oracles import SoftmaxSampler
from explore_theory.problems import TabularProblem
from proofs_checks.spanner_sampling import plain_law

#: Estimates from so many draws are exact, to 1e-6.
_MANY = 10**14
SAMPLERS = {
    "unclipped": SoftmaxSampler(ratio=40.0, normaliser=_MANY, tries=60),
    "clipped": SoftmaxSampler(ratio=1.2, normaliser=_MANY, tries=3),
}


@dataclass(frozen=True)
class Outputs:
    """A problem and a policy for each row."""

    worlds: list[tuple[TabularProblem, TruncatedSoftmax]]


def outputs(trial: Trial) -> Outputs:
    """Problems and policies at random."""
    sampler = SAMPLERS[str(trial.case.params["sampler"])]
    found = []
    for row in trial.rows:
        streams = Streams((*trial.streams.path, "world"), (row,), trial.streams.reseed)
        policy = plain_law.policy(streams, sampler, truncate=bool(trial.case.params["truncate"]))
        found.append((plain_law.problem(streams), policy))
    return Outputs(found)


def evaluated(world: Outputs) -> Measurement:
    """Laws at every prompt and gaps, by the library."""
    found: list[float] = []
    for p, q in world.worlds:
        atoms = p.atoms(np.arange(len(p.prompt_mass))[None])
        found.extend(np.exp(q.log_law(atoms, p.beta)).ravel().tolist())
        found.append(float(exact.gap(p, q)[0]))
    return Measurement.exact(found, error=1e-12, effort=len(world.worlds), unit="policies")


def summed(world: Outputs, *, uniform: bool = False) -> Bound:
    """The same by sums over responses."""
    found: list[float] = []
    for p, q in world.worlds:
        for x in range(len(p.prompt_mass)):
            found.extend(plain_law.law(p, q, x, uniform=uniform))
        found.append(plain_law.gap(p, q, uniform=uniform))
    return Bound.of(found, error=1e-12)


def output_case(sampler: str, *, truncate: bool = True) -> Case:
    """Eight policies."""
    return Case(
        slug=sampler if truncate else f"{sampler}-not-truncated",
        params={"sampler": sampler, "truncate": int(truncate)},
        rows={"quick": 4, "full": 32},
        tight=True,
    )
