"""A violation over whole problems, from the search to the file of its simplest instance and back."""

import json
import subprocess
import sys

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running import violations
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.problems import TabularProblem
from explore_theory.strategies import decode

CLAIM = '''
"""A1: the optimum is at most a quarter, whatever the problem (false)."""
import numpy as np
from explore_theory import exact
from explore_theory.harness import *
from explore_theory.strategies import Search, tabular

PROBLEMS = tabular((2, 8), dimension=(1, 4))

def objective(problem):
    return float(problem.prompt_mass @ exact.optimal_objective(problem))

CLAIM = Claim(
    id="A1", slug="quarter", theorem="toys", title="t", statement="The optimum is at most 1/4.", formula="f",
    relation="<=", scope="s", source="s", loose="A toy.",
    checks=(
        Check(slug="problems", evidence=Evidence.ADVERSARIAL, search=Search(PROBLEMS, each=2),
              measure=lambda world: Measurement.exact([objective(problem) for problem in world]),
              bound=lambda _: Bound.of(0.25), cases=(Case(slug="any", rows=12, block=5),)),
    ),
    false_variants=(FalseVariant(slug="tenth", why="w", check="problems", bound=lambda _: Bound.of(0.1)),),
)
'''


def test_a_false_inequality_over_problems_is_kept_by_a_small_one_and_reproduced_elsewhere(toys, tmp_path):
    toys.write("a1_quarter.py", CLAIM)
    (registered,) = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store))
    path = violations.write(violations.of(registered, result.cases[0]), tmp_path)
    small = decode(violations.read(path).instance)
    assert isinstance(small, TabularProblem)
    _, responses, dimension = small.features.shape
    assert responses <= 3
    assert dimension <= 2
    call = [sys.executable, "-m", "explore_theory", "replay", "--json", "--claims", str(toys.path), str(path)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["violations"]
    assert found["outcome"] == "REPRODUCED"
    assert found["now"]["measured"] == found["then"]["measured"]
    assert path.stat().st_size < 4000
