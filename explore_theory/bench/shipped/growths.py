"""How costs of learners, exact values and of files of samples grow with sizes."""

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from explore_theory import oracles
from explore_theory.algorithms import BestOfN
from explore_theory.bench.benchmark import Growth, grown
from explore_theory.bench.shipped.exploration import at_coverage, explored
from explore_theory.bench.shipped.tokens import learner, played
from explore_theory.bench.shipped.worlds import chain, dense_chain, tabular
from explore_theory.bench.timing import Effort
from explore_theory.exact import soft_dynamics
from explore_theory.formulas import best_assignment, random_formula
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import SoftmaxSampler
from explore_theory.samples.pool import pooled
from explore_theory.samples.readers import open_samples
from explore_theory.samples.summary import measured

Run = Callable[[], object]
#: Of a sampler that does not change with the sizes.
_SAMPLER = SoftmaxSampler(ratio=60.0, normaliser=400, tries=400)


def sizes(effort: Effort, *all_of_them: float) -> tuple[float, ...]:
    """The sizes, or the first three of them in a quick run."""
    return all_of_them[:3] if effort.quick else all_of_them


def spanner_exact(effort: Effort) -> Iterator[Growth]:
    """Exploration of SpannerSampling by its exact law."""
    what, rounds = "SpannerSampling's exploration, exact law", 20 if effort.quick else 200

    def run(n: float = 16, d: float = 4, rows: float = 8, times: float = rounds) -> Run:
        return explored(tabular(int(n), int(d)), _SAMPLER, replicates=int(rows), rounds=int(times))

    yield grown(what, "N", {n: run(n=n) for n in sizes(effort, 16, 64, 256, 1024, 4096)}, effort)
    yield grown(what, "d", {d: run(d=d) for d in sizes(effort, 2, 4, 8, 16, 32, 64)}, effort)
    yield grown(what, "replicates", {r: run(rows=r) for r in sizes(effort, 1, 4, 16, 64, 256)}, effort)
    longer = sizes(effort, *(rounds * 4**k for k in range(5)))
    yield grown(what, "rounds", {t: run(times=t) for t in longer}, effort)
    coverages = {
        c: at_coverage(c, replicates=8, rounds=rounds) for c in sizes(effort, 1e2, 1e5, 1e8, 1e11, 1e14)
    }
    yield grown(what, "C_cov", coverages, effort)


def spanner_literal(effort: Effort) -> Iterator[Growth]:
    """The same, response by response."""
    what = "SpannerSampling's exploration, literal law"

    def run(n: float = 16, d: float = 4, rows: float = 4) -> Run:
        world = tabular(int(n), int(d))
        return explored(world, _SAMPLER, law="literal", replicates=int(rows), rounds=3)

    yield grown(what, "N", {n: run(n=n) for n in sizes(effort, 16, 64, 256, 1024)}, effort)
    yield grown(what, "d", {d: run(d=d) for d in sizes(effort, 2, 4, 8, 16, 32)}, effort)
    yield grown(what, "replicates", {r: run(rows=r) for r in sizes(effort, 1, 4, 16, 64)}, effort)
    coverages = sizes(effort, 10, 30, 100, 300, 1000, 3000)
    literal = {c: at_coverage(c, law="literal", replicates=2, rounds=1) for c in coverages}
    yield grown(what, "C_cov", literal, effort)


def best_of_n(effort: Effort) -> Iterator[Growth]:
    """Best-of-N with 64 rounds of rewards, its candidates drawn and charged."""

    def run(n: float = 16, d: float = 4, rows: float = 16, draws: float = 16) -> Run:
        world, plan = tabular(int(n), int(d)), BestOfN(rounds=64, draws=int(draws))
        return lambda: plan.run(oracles.open(world, replicates=int(rows)))

    what = "best-of-N"
    yield grown(what, "responses", {n: run(n=n) for n in sizes(effort, 16, 64, 256, 1024)}, effort)
    yield grown(what, "d", {d: run(d=d) for d in sizes(effort, 2, 4, 8, 16, 32)}, effort)
    yield grown(what, "replicates", {r: run(rows=r) for r in sizes(effort, 1, 4, 16, 64, 256)}, effort)
    several = sizes(effort, 16, 256, 4096, 65536, 1048576)
    yield grown(what, "N", {k: run(draws=k) for k in several}, effort)


def mtss(effort: Effort) -> Iterator[Growth]:
    """MTSS for a quarter of the base policy's gap on random chains, four tokens and features."""

    def run(horizon: float = 4, d: float = 4, tokens: float = 4, rows: float = 1) -> Run:
        problem = chain(int(horizon), vocabulary=int(tokens), dimension=int(d))
        plan = learner(problem)
        return lambda: played(problem, plan, range(int(rows)))

    yield grown("MTSS", "H", {h: run(horizon=h) for h in sizes(effort, 2, 3, 4, 8, 16, 32)}, effort)
    yield grown("MTSS", "d", {d: run(d=d) for d in sizes(effort, 2, 3, 4, 6, 8)}, effort)
    yield grown("MTSS", "A", {a: run(tokens=a) for a in sizes(effort, 2, 3, 4, 8, 16)}, effort)
    yield grown("MTSS", "replicates", {r: run(rows=r) for r in sizes(effort, 1, 2, 4, 8, 16)}, effort)


def exact_values(effort: Effort) -> Iterator[Growth]:
    """The optimum of a chain with its gap, and of a formula."""

    def values(horizon: float, vocabulary: float) -> Run:
        problem = dense_chain(int(horizon), int(vocabulary))
        return lambda: soft_dynamics.gap(problem, soft_dynamics.base_policy(problem))

    what = "gap of the base policy of a chain"
    yield grown(what, "H", {h: values(h, 16) for h in sizes(effort, 10, 30, 100, 300, 1000)}, effort)
    yield grown(what, "A", {a: values(100, a) for a in sizes(effort, 4, 8, 16, 32, 64)}, effort)

    def optimum(n: int, m: int) -> Run:
        formula = random_formula(m=m, k=7, n=n, streams=Streams(("benchmark",), [0]))
        return lambda: best_assignment(formula)

    what = "best assignment of a formula"
    variables = sizes(effort, 12, 14, 16, 18, 20)
    yield grown(what, "assignments", {2.0**n: optimum(int(n), 100) for n in variables}, effort)
    yield grown(what, "terms", {m: optimum(14, int(m)) for m in sizes(effort, 100, 400, 1600, 6400)}, effort)


def files(effort: Effort) -> Iterator[Growth]:
    """What `explore-theory coverage` does to a file of JSON lines: reading it, and reading and measuring."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {n: written(Path(folder), int(n)) for n in sizes(effort, 300, 1_000, 3_000, 10_000, 30_000)}
        for what, work in (("reading", drained), ("coverage of", covered)):
            works: dict[float, Run] = {n: partial(work, path) for n, path in paths.items()}
            yield grown(f"{what} a file of samples", "samples", works, effort)


def drained(path: Path) -> int:
    """The samples in a file."""
    return sum(1 for _ in open_samples(path).draws())


def covered(path: Path) -> object:
    """What they say of coverage."""
    return measured(pooled([open_samples(path)]), beta=0.1)


def written(folder: Path, rows: int) -> Path:
    """A file of so many samples, 100 to a task, of 330 characters each."""
    text = "Let x be the number of apples. Then x + 3 = 10, and so x is 7. " * 5
    path, rewards = folder / f"{rows}.jsonl", np.random.default_rng(0).random(rows)
    with path.open("w") as file:
        for row in range(rows):
            record = {
                "prompt": f"task {row // 100}",
                "response": f"{text}{row}",
                "reward": round(rewards[row], 3),
            }
            file.write(json.dumps(record) + "\n")
    return path
