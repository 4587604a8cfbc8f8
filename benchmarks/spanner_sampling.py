"""SpannerSampling's exploration against a kernel of its arithmetic; the exact law against the literal.

Run: ``python benchmarks/spanner_sampling.py``. Ratios are taken within one run, medians of repeated
timings; what is claimed stands in `CLAIMS` and is checked at the end.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explore_theory import TabularProblem, oracles
from explore_theory.algorithms import Schedule, SpannerSampling
from explore_theory.algorithms.spanner.schedule import UPDATES
from explore_theory.foundation.compiled import compiled
from explore_theory.oracles import Exploration, Ridge, SoftmaxSampler
from explore_theory.oracles.kernels.counting import Generator, binomial
from explore_theory.problems import Gaussian

CLAIMS = {
    "a round without normaliser draws, over its exponentials and products": 5.0,
    "a round with them, over those and the binomial draws of its estimate": 0.6,
    "exact over literal law at C_cov = 1e4": 1 / 100,
    "exact law at C_cov = 1e14 over 1e2": 3.0,
}


@compiled
def arithmetic(rounds: int, features: np.ndarray, theta: np.ndarray, out: np.ndarray) -> float:
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
def draws(gen: Generator, rounds: int, calls: int, mass: np.ndarray) -> int:
    """`N` binomial draws per round, with the means of a multinomial."""
    total = 0
    for _ in range(rounds):
        for k in range(mass.size):
            total += binomial(gen, calls, mass[k])
    return total


def problem(responses: int, d: int, beta: float, *, rare: float | None = None) -> TabularProblem:
    """One prompt; with `rare` the best response has that base probability."""
    rng = np.random.default_rng(responses)
    features = rng.normal(size=(1, responses, d))
    features /= np.linalg.norm(features, axis=-1, keepdims=True)
    theta = features[0, 0] / 2
    base = rng.dirichlet(np.full(responses, 3.0))
    if rare is not None:
        base = np.concatenate([[rare], base[1:] / base[1:].sum() * (1 - rare)])
    return TabularProblem(
        prompt_mass=[1.0],
        base=base[None],
        features=features,
        reward=features @ theta,
        beta=beta,
        theta_star=theta,
        parameter_radius=1.0,
        noise=Gaussian(0.1),
    )


def timed(work: Callable[[], object], repeats: int = 5) -> float:
    """Median processor seconds of `work`, which is run once before."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def exploration(
    world: TabularProblem, replicates: int, rounds: int, sampler: SoftmaxSampler, **more: object
) -> float:
    """Processor seconds of exploration under the exact law."""
    ridge = Ridge.start(replicates, world.features.shape[-1], 1.0)
    if "growth" not in more:
        more = {"keep": np.zeros((replicates, 1), dtype=np.int64)}
    plan = Exploration(rounds=rounds, sampler=sampler, radius=0.5, inverse=ridge.inverse, **more)  # type: ignore[arg-type]

    def explore() -> None:
        oracles.open(world, law="exact-law", replicates=replicates, yardsticks=True).explore(ridge, plan)

    return timed(explore, 3)


def rounds_over_kernel() -> tuple[float, float]:
    """``N = 64, d = 8``, 64 replicates."""
    world, replicates, rounds = problem(64, 8, 0.5), 64, 500
    calls = 4000
    sampler = SoftmaxSampler(ratio=60.0, normaliser=calls, tries=calls)
    ideal = SoftmaxSampler(ratio=60.0, normaliser=0, tries=calls)
    out, theta = np.empty(64), world.theta_star.copy()
    kernel = timed(lambda: arithmetic(replicates * rounds, world.features[0], theta, out))
    gen = np.random.Generator(np.random.Philox(key=1))
    counts = timed(lambda: draws(gen, replicates * rounds, calls, world.base[0]))
    plain = exploration(world, replicates, rounds, ideal)
    full = exploration(world, replicates, rounds, sampler)
    each = 1e6 / (replicates * rounds)
    print(f"kernel {kernel * each:.3f} us, binomials {counts * each:.3f} us per replicate-round")
    print(f"exploration {plain * each:.3f} us without normaliser draws, {full * each:.3f} us with them")
    return plain / kernel, full / (kernel + counts)


def laws_at(coverage: float, law: str, rounds: int, replicates: int) -> float:
    """Processor seconds per replicate-round of exploration at a given coverage."""
    world = problem(8, 3, 1 / (2.2 * np.log(coverage)), rare=1 / coverage)
    sampler = SoftmaxSampler.accurate(4 * np.e**2 * coverage, 0.01)
    ridge = Ridge.start(replicates, 3, 1.0)
    plan = Exploration(
        rounds=rounds,
        sampler=sampler,
        radius=0.5,
        inverse=ridge.inverse,
        keep=np.zeros((replicates, 1), dtype=np.int64),
    )
    seconds = timed(lambda: oracles.open(world, law=law, replicates=replicates).explore(ridge, plan), 1)
    return seconds / rounds / replicates


def long_runs() -> None:
    """About 7e5 rounds at ``d = 3, N = 20``, 100 replicates, on all cores; wall and processor time."""
    world = problem(20, 3, 0.5)
    told = Schedule(
        d=3, beta=0.5, reward_range=1.0, parameter_radius=1.0, sigma=0.2, coverage=4.0, eps=0.1, delta=0.25
    )
    for update in UPDATES:
        schedule = replace(told, update=update)
        for _ in range(6):
            factor = schedule.explore_factor * 7e5 / schedule.explore_rounds
            schedule = replace(schedule, explore_factor=factor)
        learner = SpannerSampling(schedule=schedule, update=update)
        start, busy = time.perf_counter(), time.process_time()
        policy = learner.run(oracles.open(world, law="exact-law", replicates=100))
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        rounds = policy.schedule.explore_rounds
        print(f"{update}: {rounds:,} rounds, 100 replicates, {seconds:.1f} s wall, {busy:.1f} s in all")


def main() -> None:
    """Print every ratio beside what is claimed of it."""
    measured = dict(zip(list(CLAIMS)[:2], rounds_over_kernel(), strict=True))
    literal, exact = laws_at(1e4, "literal", 3, 2), laws_at(1e4, "exact-law", 3000, 8)
    measured["exact over literal law at C_cov = 1e4"] = exact / literal
    far, near = laws_at(1e14, "exact-law", 3000, 8), laws_at(1e2, "exact-law", 3000, 8)
    measured["exact law at C_cov = 1e14 over 1e2"] = far / near
    long_runs()
    for name, claimed in CLAIMS.items():
        verdict = "as claimed" if measured[name] <= claimed else "NOT as claimed"
        print(f"{name}: {measured[name]:.3g} (at most {claimed:.3g}) {verdict}")


if __name__ == "__main__":
    main()
