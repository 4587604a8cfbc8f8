"""SpannerSampling's exploration against a kernel of its arithmetic, and the exact law against the literal."""

from collections.abc import Callable, Iterator

import numpy as np

from explore_theory import oracles
from explore_theory.bench.benchmark import Figure, compared
from explore_theory.bench.shipped.worlds import tabular
from explore_theory.bench.timing import Effort
from explore_theory.foundation.compiled import compiled, kernel_name
from explore_theory.oracles import Exploration, Ridge, SoftmaxSampler
from explore_theory.oracles.kernels.counting import Generator, binomial
from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import Floats

Run = Callable[[], object]


@compiled
def arithmetic(rounds: int, features: Floats, theta: Floats, out: Floats) -> float:
    """The `N d` multiply-adds and `N` exponentials of each round."""
    total = 0.0
    for _ in range(rounds):
        for k in range(out.size):
            score = 0.0
            for i in range(theta.size):
                score += theta[i] * features[k, i]
            out[k] = np.exp(score)
            total += out[k]
        theta[0] = total * 1e-300
    return total


@compiled
def draws(gen: Generator, rounds: int, calls: int, mass: Floats) -> float:
    """`N` binomial draws per round, with the means of a multinomial."""
    total = 0.0
    for _ in range(rounds):
        for k in range(mass.size):
            total += binomial(gen, calls, mass[k])
    return total


def explored(
    world: TabularProblem, sampler: SoftmaxSampler, *, law: str = "exact-law", replicates: int, rounds: int
) -> Run:
    """So many rounds of exploration with an estimate of their own each."""
    ridge = Ridge.start(replicates, world.features.shape[-1], 1.0)
    keep = np.zeros((replicates, 1), dtype=np.int64)
    plan = Exploration(rounds=rounds, sampler=sampler, radius=0.5, inverse=ridge.inverse, keep=keep)
    more = {"yardsticks": True} if law == "exact-law" else {}
    return lambda: oracles.open(world, law=law, replicates=replicates, **more).explore(ridge, plan)  # type: ignore[arg-type]


def at_coverage(coverage: float, *, law: str = "exact-law", replicates: int, rounds: int) -> Run:
    """Exploration at 8 responses and ``d = 3`` with the sampler that a coverage asks for."""
    world = tabular(8, 3, beta=1 / (2.2 * np.log(coverage)), coverage=coverage)
    sampler = SoftmaxSampler.accurate(4 * np.e**2 * coverage, 0.01)
    return explored(world, sampler, law=law, replicates=replicates, rounds=rounds)


def exploration(effort: Effort) -> Iterator[Figure]:
    """A round's cost over its arithmetic, and what the exact law saves."""
    slow = kernel_name() == "python"
    replicates, rounds, calls = 4 if slow else 64, 20 if effort.quick else 500, 4000
    world = tabular(64, 8)
    out, theta, steps = np.empty(64), world.theta_star, replicates * rounds
    theta = np.array(theta, dtype=float)
    gen = np.random.Generator(np.random.Philox(key=1))

    def kernel() -> None:
        arithmetic(steps, world.features[0], theta, out)

    def kernel_and_draws() -> None:
        kernel()
        draws(gen, steps, calls, world.base[0])

    for name, normaliser, base, at_most in (
        ("a round without normaliser draws, over its exponentials and products", 0, kernel, 5.0),
        (
            "a round with them, over those and the binomial draws of its estimate",
            calls,
            kernel_and_draws,
            0.6,
        ),
    ):
        sampler = SoftmaxSampler(ratio=60.0, normaliser=normaliser, tries=calls)
        yield compared(
            name,
            head=explored(world, sampler, replicates=replicates, rounds=rounds),
            base=base,
            effort=effort,
            at_most=None if slow else at_most,
        )
    long, high = (100, 1e3) if effort.quick or slow else (3000, 1e4)
    yield compared(
        f"a round at C_cov = {high:.0e}, exact law over literal law",
        head=at_coverage(high, replicates=8, rounds=long),
        base=at_coverage(high, law="literal", replicates=2, rounds=1),
        units=(8 * long, 2),
        effort=effort,
        at_most=None if effort.quick or slow else 1 / 100,
    )
    yield compared(
        "a round by the exact law, at C_cov = 1e14 over 1e2",
        head=at_coverage(1e14, replicates=8, rounds=long),
        base=at_coverage(1e2, replicates=8, rounds=long),
        effort=effort,
        at_most=3.0,
    )
