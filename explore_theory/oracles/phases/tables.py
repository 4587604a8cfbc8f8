"""What the compiled loops read of a problem: its atoms as tables, its noise and its sampler as numbers.

Letters: `T` tables, one for all replicates or one for each, `X` prompts, `K` atoms, `d` feature dimension.
"""

import math

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.oracles.kernels import exploration
from explore_theory.oracles.plans import Exploration
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.protocol import Floats, Ints, Problem

#: Up to so many responses are held against each other pair by pair, for all prompts at once.
_FEW = 64


def tables_of(problem: Problem) -> exploration.Table:
    """All prompts of a problem, by `T` tables that share the law of prompts."""
    rho = np.array(problem.prompt_mass, dtype=np.float64)
    order = np.argsort(rho, kind="stable")
    prompts = np.arange(problem.facts.prompts, dtype=np.int64)[None, :]
    return _tables(problem, prompts, rho, np.cumsum(rho), order, _tails(rho, order))


def tables_in_order(problem: Problem, prompts: Ints) -> exploration.Table:
    """The atoms of `prompts` `[T, X]`, in the order of their rounds; they are not drawn by mass."""
    nothing = np.empty(0)
    return _tables(problem, prompts, nothing, nothing, np.empty(0, dtype=np.int64), nothing)


def _tables(
    problem: Problem, prompts: Ints, rho: Floats, rho_sum: Floats, rho_order: Ints, rho_tail: Floats
) -> exploration.Table:
    atoms = problem.atoms(prompts)
    each = (len(atoms.log_mass), len(atoms.features), len(atoms.reward))
    shape = (max(len(prompts), *each), prompts.shape[1], atoms.log_mass.shape[-1])
    mass, reward = _whole(np.exp(atoms.log_mass), shape), _whole(atoms.reward, shape)
    features = _whole(atoms.features, (*shape, atoms.features.shape[-1]))
    order = np.argsort(mass, axis=-1, kind="stable")
    return exploration.Table.locked(
        rho=rho,
        rho_sum=rho_sum,
        rho_order=rho_order,
        rho_tail=rho_tail,
        mass=mass,
        mass_sum=np.cumsum(mass, axis=-1),
        order=order,
        tail=_tails(mass, order),
        features=features,
        reward=reward,
        kind=_kinds(features),
    )


def _whole(values: Floats, shape: tuple[int, ...]) -> Floats:
    """`values` by `shape`, in memory of their own: what a problem keeps is not ours to lock."""
    return np.array(np.broadcast_to(values, shape), dtype=np.float64, order="C")


def _tails(mass: Floats, order: Ints) -> Floats:
    """`[..., K]`: the mass of ``order[k:]``."""
    ascending = np.take_along_axis(mass, order, axis=-1)
    return np.ascontiguousarray(np.cumsum(ascending[..., ::-1], axis=-1)[..., ::-1])


def _kinds(features: Floats) -> Ints:
    """`[..., K]`: the first response with the same features."""
    count = features.shape[-2]
    if count > _FEW:
        flat = [_first_alike(phi) for phi in features.reshape(-1, *features.shape[-2:])]
        return np.stack(flat).reshape(features.shape[:-1])
    kind = np.broadcast_to(np.arange(count, dtype=np.int64), features.shape[:-1]).copy()
    # The first of them is written last.
    for k in range(count - 1, -1, -1):
        same = (features == features[..., k : k + 1, :]).all(axis=-1)
        kind[same] = k
    return kind


def _first_alike(features: Floats) -> Ints:
    """`[K]`: `_kinds` of one prompt, by sorting."""
    _, first, which = np.unique(features, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[which.ravel()], dtype=np.int64)


def terms_of(problem: Problem, plan: Exploration | None = None) -> exploration.Terms:
    """The numbers a round is played by; without a plan those that it would set mean nothing."""
    law, scale = _noise(problem.noise)
    sampler = None if plan is None else plan.sampler
    return exploration.Terms(
        beta=problem.facts.beta,
        ratio=1.0 if sampler is None else float(sampler.ratio),
        normaliser=0.0 if sampler is None else float(sampler.normaliser),
        tries=1.0 if sampler is None else float(sampler.tries),
        noise=law,
        scale=scale,
        ridge=0.0 if plan is None else float(plan.ridge),
        within=math.inf if plan is None else float(plan.within),
    )


def _noise(noise: NoiseLaw) -> tuple[int, float]:
    if isinstance(noise, Gaussian):
        return exploration.GAUSSIAN, noise.scale
    if isinstance(noise, Bernoulli):
        return exploration.BERNOULLI, 0.0
    if isinstance(noise, NoNoise):
        return exploration.NO_NOISE, 0.0
    raise InvalidProblem(
        f"noise must be gaussian, bernoulli or none under the exact law, got noise={noise!r}; "
        f"the literal law takes any"
    )
