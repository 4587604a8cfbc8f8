"""What starts processes: the program itself, worker processes, a challenged learner."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from explore_theory.bench.benchmark import Figure, compared
from explore_theory.bench.timing import Effort

#: Asks a prompt, a response and its reward until its budget is spent.
LEARNER = """
def run(oracle):
    response = 0
    while oracle.left.calls and oracle.left.rewards:
        x = oracle.prompt()
        response = oracle.draw(x)
        oracle.reward(x, response)
    return response
"""

#: A claim whose blocks take a while.
HEAVY = '''
"""H1: a claim whose blocks take a while."""
import numpy as np
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement

def measure(trial):
    for _ in range({loops}):
        value = np.exp(-trial.streams.normal(2000) ** 2).max(axis=1)
    return Measurement.exact(value)

CLAIM = Claim(
    id="H1", slug="heavy", theorem="benchmarks", title="t", statement="s", formula="x", relation="<=",
    scope="s", source="s",
    checks=(Check(slug="c", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of(1.0),
                  cases=(Case(slug="one", rows=640, block=64),)),),
    false_variants=(FalseVariant(slug="v", why="w", check="c", bound=lambda _: Bound.of(0.5)),),
    loose="it is there to take time",
)
'''


def called(*command: str) -> Callable[[], object]:
    """Another interpreter with this package, to its end."""
    return lambda: subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)


def startup(effort: Effort) -> Iterator[Figure]:
    """The help over ``import numpy``, a stored verdict over the same."""
    program = ("-m", "explore_theory")
    once = Effort(repeats=3 if effort.quick else 15, least=1e-6, quick=effort.quick)
    numpy = called("-c", "import numpy")
    yield compared(
        "`explore-theory --help`, over `import numpy`",
        head=called(*program, "--help"),
        base=numpy,
        effort=once,
        at_most=2.5,
        clock=time.perf_counter,
    )
    with tempfile.TemporaryDirectory() as folder:
        claim = Path(folder) / "h1_heavy.py"
        claim.write_text(HEAVY.format(loops=1))
        verify = (*program, "verify", "--claims", str(claim), "--store", str(Path(folder) / "one.sqlite"))
        # The first fills the store; after the second, what claims there are is noted, too.
        called(*verify)()
        yield compared(
            "`explore-theory verify` of a stored claim, over `import numpy`",
            head=called(*verify),
            base=numpy,
            effort=once,
            clock=time.perf_counter,
        )


def workers(effort: Effort) -> Iterator[Figure]:
    """Ten heavy blocks with one and with two worker processes."""
    from explore_theory.harness.discovery.registry import discover
    from explore_theory.harness.running.executors import Limits, Processes
    from explore_theory.harness.running.runner import run
    from explore_theory.harness.storage.store import Store

    once = Effort(repeats=2 if effort.quick else 3, least=1e-6, quick=effort.quick)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "h1_heavy_blocks.py"
        file.write_text(HEAVY.format(loops=2 if effort.quick else 150))
        claims = discover([str(file)]).claims

        def work(jobs: int) -> None:
            with Store(":memory:") as store:
                run(claims, store, executor=Processes(jobs, Limits()))

        yield compared(
            "ten heavy blocks, with two worker processes over one (wall clock)",
            head=lambda: work(2),
            base=lambda: work(1),
            effort=once,
            at_most=None if effort.quick else 1 / 1.7,
            clock=time.perf_counter,
        )


def challenges(effort: Effort) -> Iterator[Figure]:
    """Questions of a learner in a process of its own, many runs side by side over one at a time."""
    from explore_theory.challenging.games import NeedleGame
    from explore_theory.challenging.player import Player
    from explore_theory.challenging.process import Limits

    once = Effort(repeats=effort.repeats, least=1e-6, quick=effort.quick)
    many = 64 if effort.quick else 512
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "learner.py"
        file.write_text(LEARNER)
        game = NeedleGame(coverage=32.0)

        def played(player: Player, runs: int, together: int) -> None:
            player.play(game, game.budget(32), range(runs), together=together)

        with Player(f"{file}:run", {}, Limits(), 1) as player:
            yield compared(
                "a run of a challenged learner, 64 side by side over one at a time (wall clock)",
                head=lambda: played(player, many, 64),
                base=lambda: played(player, many // 16, 1),
                units=(many, many // 16),
                effort=once,
                at_most=1.0,
                clock=time.perf_counter,
            )
