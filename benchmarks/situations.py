"""What is measured at two revisions, each as commands that both understand.

Programs and claims are written here with the oldest names that both know; newer revisions lead from those to
where things are now.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from checkouts import Checkout, clone
from gauges import Used

#: SpannerSampling's exploration at every round: ``d = 3``, 20 responses, 100 replicates, about 7e5 rounds.
ROUNDS = """
import sys
from dataclasses import replace
import numpy as np
from explore_theory import TabularProblem, oracles
from explore_theory.algorithms import Schedule, SpannerSampling
from explore_theory.problems import Gaussian

def learner(rounds):
    schedule = Schedule(d=3, beta=.5, reward_range=1., parameter_radius=1., sigma=.2, coverage=4., eps=.1,
                        delta=.25, update="every-round")
    for _ in range(6):
        factor = schedule.explore_factor * rounds / schedule.explore_rounds
        schedule = replace(schedule, explore_factor=factor)
    return SpannerSampling(schedule=schedule, update="every-round")

rng = np.random.default_rng(20)
features = rng.normal(size=(1, 20, 3))
features /= np.linalg.norm(features, axis=-1, keepdims=True)
theta = features[0, 0] / 2
world = TabularProblem(prompt_mass=[1.], base=rng.dirichlet(np.full(20, 3.))[None], features=features,
                       reward=features @ theta, beta=.5, theta_star=theta, parameter_radius=1.,
                       noise=Gaussian(.1))
learner(float(sys.argv[1])).run(oracles.open(world, law="exact-law", replicates=100))
"""

#: A claim of as many rows as are asked for, with a curve to draw.
CLAIM = '''
"""{id}: draws lie below one."""
import numpy as np
from explore_theory.harness.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measurement import Bound, Measurement

def measure(trial):
    return Measurement.exact(trial.streams.uniform(1)[:, 0])

CLAIM = Claim(
    id="{id}", slug="draws-{id}", theorem="benchmarks", title="Draws lie below one",
    statement="Draws are below 1.", formula=r"U \\le 1", relation="<=", scope="Draws.", source="A benchmark.",
    checks=(Check(slug="draws", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of(1.0),
                  cases=(Case(slug="one", rows={rows}, block={block}),)),),
    false_variants=(FalseVariant(slug="half", why="one half", check="draws", bound=lambda _: Bound.of(0.5)),),
    loose="Uniform draws come close to one, and no closer.",
)
'''


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run: `ids` of claims (empty: all that the base has), `edited` one of them, `tests` node ids."""

    folder: Path
    ids: tuple[str, ...]
    edited: str
    tests: tuple[str, ...] = ()
    long: float = 7e5
    rows: int = 1_000_000
    claims: int = 500
    _numbers: Iterator[int] = field(default_factory=count)

    def store(self) -> str:
        """A store that nothing has used."""
        return str(self.fresh("store.sqlite"))

    def fresh(self, name: str) -> Path:
        """A path that nothing has used."""
        return self.folder / f"{next(self._numbers)}-{name}"


#: A part: prepares a checkout once, outside what is measured, and gives the run to repeat.
Part = Callable[[Checkout, Plan], Callable[[], Used]]


def verify(at: Checkout, plan: Plan, tier: str = "quick") -> Callable[[], Used]:
    """`verify --jobs 2` of the claims, nothing stored, kernels compiled."""
    told = plan.folder / f"{at.name}-{tier}.json"
    at.verify(*plan.ids, "--jobs", "2", "--tier", tier, "--store", plan.store(), "--json", out=told)
    return lambda: at.verify(*plan.ids, "--jobs", "2", "--tier", tier, "--store", plan.store())


def full(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """The same at the full tier."""
    return verify(at, plan, tier="full")


def fresh(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """The first `verify` in a new clone, by a user who has run this revision before."""
    _first(at, plan, at.folder / "cache")
    return lambda: _first(at, plan, at.folder / "cache")


def first(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """The first `verify` in a new clone, by a user who has never run it."""
    return lambda: _first(at, plan, plan.fresh("cache"))


def _first(at: Checkout, plan: Plan, cache: Path) -> Used:
    place = clone(at.revision, plan.fresh("clone") / "sources")
    try:
        call = (*plan.ids, "--jobs", "2", "--store", plan.store())
        return at.verify(*call, sources=place, cache=cache)
    finally:
        shutil.rmtree(place.parent)


def edited(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """`verify` of one claim that has just been edited, in a store that holds it as it was."""
    file, store, edits = at.claims()[plan.edited], plan.store(), count(1)
    text = file.read_text()

    def again() -> Used:
        try:
            file.write_text(f"{text}\n_EDITED = {next(edits)}\n")
            return at.verify(plan.edited, "--store", store)
        finally:
            file.write_text(text)

    at.verify(plan.edited, "--store", store)
    return again


def imports(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """``import numpy, numba``: what `edited` is held against."""
    return lambda: at.run("-c", "import numpy, numba")


def tests(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """The default `pytest`, of the tests that both have."""
    listed = plan.folder / "tests.txt"
    listed.write_text("\n".join(plan.tests))
    # Exit code 1, that a test fails, is told with the figures.
    return lambda: at.run("-m", "pytest", "-q", f"@{listed}", fine=(0, 1))


def rounds(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """SpannerSampling at every round; one short run before compiles its kernels."""
    at.run("-c", ROUNDS, str(plan.long / 1000))
    return lambda: at.run("-c", ROUNDS, str(plan.long))


def report_rows(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """`report` of one claim with very many rows."""
    return _report(at, plan, ids=("R1",), rows=plan.rows)


def report_claims(at: Checkout, plan: Plan) -> Callable[[], Used]:
    """`report` of very many small claims."""
    return _report(at, plan, ids=tuple(f"R{n}" for n in range(1, plan.claims + 1)), rows=20)


def _report(at: Checkout, plan: Plan, *, ids: tuple[str, ...], rows: int) -> Callable[[], Used]:
    folder, store = plan.fresh("claims"), plan.store()
    folder.mkdir()
    for id in ids:
        text = CLAIM.format(id=id, rows=rows, block=max(rows // 50, 10))
        (folder / f"{id.lower()}_draws.py").write_text(text)
    at.verify("--claims", str(folder), "--store", store)
    return lambda: at.run(
        "-m", "explore_theory", "report", "--store", store, "--out", str(plan.fresh("report"))
    )


PARTS: dict[str, Part] = {
    "verify": verify,
    "fresh": fresh,
    "first": first,
    "edited": edited,
    "imports": imports,
    "tests": tests,
    "full": full,
    "rounds": rounds,
    "report-rows": report_rows,
    "report-claims": report_claims,
}

#: Too long to be repeated unless that is asked for.
LONG = ("full",)


def told(folder: Path, name: str, tier: str) -> dict[str, object]:
    """What `verify --json` told at a revision, as `verify` and `full` leave it."""
    read: dict[str, object] = json.loads((folder / f"{name}-{tier}.json").read_text())
    return read
