"""A claim runs in one state of the process, whatever others have done to it, and leaves everything behind."""

import decimal
import json
import os
import random
import subprocess
import sys
import warnings

import flint
import mpmath
import numpy as np
import pytest
from scipy import special

from explore_theory.errors import InvalidClaim
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.isolation import context
from explore_theory.harness.isolation.context import standard_context
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.reporting.export import to_json

#: It is about processes themselves.
pytestmark = pytest.mark.cold_workers

#: What some library does to everybody, as statements; each changes some number of `STATE` or a result.
DISTURBANCES = {
    "numpy errors": "import numpy; numpy.seterr(all='raise')",
    "flint precision": "import flint; flint.ctx.prec = 20; flint.ctx.cap = 3",
    "mpmath precision": "import mpmath; mpmath.mp.dps = 5; mpmath.iv.dps = 5",
    "decimal precision": "import decimal; decimal.getcontext().prec = 5",
    "decimal rounding": "import decimal; decimal.getcontext().rounding = decimal.ROUND_DOWN",
    "warnings": "import warnings; warnings.simplefilter('error')",
    "environment": "import os; os.environ['EXPLORE_TOY'] = 'set'; os.environ.pop('EXPLORE_KEPT', None)",
    "folder": "import os; os.chdir('/')",
    "numpy seed": "import numpy; numpy.random.seed(7)",
    "seed": "import random; random.seed(7)",
    "recursion": "import sys; sys.setrecursionlimit(400)",
    "digits": "import sys; sys.set_int_max_str_digits(1000)",
    "special errors": "from scipy import special; special.seterr(all='raise')",
}


def state():
    """Everything that a claim should find, and that should be left as it was."""
    return {
        "numpy": np.geterr(),
        "flint": (flint.ctx.prec, flint.ctx.cap),
        "mpmath": (mpmath.mp.prec, mpmath.iv.prec),
        "decimal": repr(decimal.getcontext()),
        "warnings": list(warnings.filters),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "numpy seed": np.random.get_state()[1].tolist(),  # noqa: NPY002
        "seed": random.getstate(),
        "recursion": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits(),
        "special": special.geterr(),
    }


@pytest.fixture
def calm(monkeypatch):
    """The state of this process, put back after the test whatever it does."""
    monkeypatch.setenv("EXPLORE_KEPT", "kept")
    with standard_context("calm"):
        yield


@pytest.mark.parametrize("name", DISTURBANCES)
def test_what_a_block_does_to_its_process_is_undone(calm, name):
    before = state()
    with standard_context("key"):
        exec(DISTURBANCES[name], {})
    assert state() == before


@pytest.mark.parametrize("name", [name for name in DISTURBANCES if name not in ("environment", "folder")])
def test_a_block_finds_the_standard_state_whatever_was_done_before(calm, name):
    with standard_context("key"):
        standard = state()
    exec(DISTURBANCES[name], {})
    disturbed = state()
    with standard_context("key"):
        found = state()
    assert state() == disturbed
    # The first filter is for all warnings; what stands after it is never asked.
    first, standard_first = (one.pop("warnings")[0] for one in (found, standard))
    assert first == standard_first
    assert found == standard


def test_it_is_left_as_it_was_when_a_block_raises(calm):
    before = state()
    everything = "\n".join([*DISTURBANCES.values(), "1 / 0"])
    with pytest.raises(ZeroDivisionError), standard_context("key"):
        exec(everything, {})
    assert state() == before


def test_the_standard_state_is_the_one_that_libraries_start_with():
    """In a process of its own: nothing there has been changed by anybody."""
    text = """
import flint, mpmath, decimal, sys, json
from scipy import special
here = decimal.getcontext()
found = [flint.ctx.prec, flint.ctx.cap, mpmath.mp.prec, mpmath.iv.prec, here.prec, here.rounding,
         sys.getrecursionlimit(), sys.get_int_max_str_digits(), special.geterr()]
print(json.dumps(found))
"""
    fresh = json.loads(subprocess.run([sys.executable, "-c", text], capture_output=True, check=True).stdout)
    with standard_context("key"):
        here = decimal.getcontext()
        found = [
            flint.ctx.prec,
            flint.ctx.cap,
            mpmath.mp.prec,
            mpmath.iv.prec,
            here.prec,
            here.rounding,
            sys.getrecursionlimit(),
            sys.get_int_max_str_digits(),
            special.geterr(),
        ]
    assert found == fresh


def draws(*key):
    with standard_context(*key):
        return random.random(), float(np.random.uniform())  # noqa: NPY002 (the global stream is meant)


def test_global_random_numbers_belong_to_the_block():
    assert draws("A1", "c", 0) == draws("A1", "c", 0)
    found = [draws(*key) for key in (("A1", "c", 0), ("A1", "c", 1), ("A2", "c", 0), ("A1c", 0))]
    assert len({x for pair in found for x in pair}) == 8


@pytest.mark.parametrize(
    ("half", "least"), [(2.0**-52, 2.0**-1074), (2.0**-53, 0.0)], ids=["rounded up", "flushed to zero"]
)
def test_a_processor_in_another_mode_is_refused(monkeypatch, half, least):
    """As it would be if the numbers below were what such a processor makes of them."""

    class Fake:
        fromhex = staticmethod(lambda text: half if text == "0x1p-53" else least)

    monkeypatch.setattr(context, "float", Fake, raising=False)
    with pytest.raises(InvalidClaim, match="the processor must round to nearest"), standard_context("key"):
        pass


# --- through the engine -------------------------------------------------------------------------------------

SENSITIVE = '''
"""A1: numbers that depend on the state of the process in many ways."""
import decimal, os, random, warnings
import flint, mpmath
import numpy as np
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement

def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)

def measure(trial):
    warnings.warn("nothing to worry about")
    tiny = float(np.exp(np.float64(-800.0))) + float(np.float64(1e-200) * np.float64(1e-200))
    found = [
        float(flint.arb("0.1").rad()) < 1e-15, float(mpmath.mpf(1) / 3) == 1 / 3, tiny == 0.0,
        decimal.Decimal(1) / 3 == decimal.Decimal("0.3333333333333333333333333333"), deep(500) == 500,
        "EXPLORE_TOY" not in os.environ, len(str(10**3000)) == 3001,
    ]
    noise = [random.random(), float(np.random.uniform())]
    notes = {{"noise": noise, "found": [int(f) for f in found]}}
    return Measurement.exact([float(f) for f in found] + noise, notes=notes)

CLAIM = Claim(
    id="{id}", slug="{slug}", theorem="toys", title="t", statement="s", formula="x", relation="==", scope="s",
    source="s", loose="a toy",
    checks=(Check(slug="c", evidence=Evidence.ADVERSARIAL, measure=measure,
                  bound=lambda _: Bound.of(np.ones(9)), cases=(Case(slug="one", rows=2, block=1),)),),
    false_variants=(FalseVariant(slug="v", why="w", check="c", bound=lambda _: Bound.of(np.zeros(9))),),
)
'''

DISTURBING = '''
"""B1: a claim that changes everything for everybody, at import and while it runs."""
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement

def disturb():
    {disturb}

disturb()

def measure(trial):
    disturb()
    return Measurement.exact([0.5])

CLAIM = Claim(
    id="{id}", slug="{slug}", theorem="alarms", title="t", statement="s", formula="x", relation="<=",
    scope="s", source="s", loose="a toy",
    checks=(Check(slug="c", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of(1.0),
                  cases=(Case(slug="one", rows=1),)),),
    false_variants=(FalseVariant(slug="v", why="w", check="c", bound=lambda _: Bound.of(0.1)),),
)
'''


@pytest.fixture
def sensitive(toys, tmp_path):
    unique = tmp_path.name.replace("-", "_")
    toys.write(f"a1_{unique}.py", SENSITIVE.format(id="A1", slug="sensitive"))
    return toys


def said(folder, **options):
    claims = discover([str(folder.path)]).claims
    with Store(":memory:") as store, warnings.catch_warnings(record=True):
        found = session_results(store, run(claims, store, **options))
    return {result.id: result for result in found}


def noise(result):
    return result.cases[0].summary.notes["noise"]


def test_a_claim_that_disturbs_everything_changes_no_other_claim(calm, sensitive, tmp_path):
    alone = said(sensitive)["A1"]
    assert alone.cases[0].summary.notes["found"] == [1] * 7
    all_of_them = "; ".join(DISTURBANCES.values())
    unique = tmp_path.name.replace("-", "_")
    sensitive.write(f"b1_{unique}.py", DISTURBING.format(id="B1", slug="disturbing", disturb=all_of_them))
    beside = said(sensitive)
    assert beside["B1"].verdict.status == "HOLDS"
    assert to_json([beside["A1"]], timing=False) == to_json([alone], timing=False)


def test_workers_find_the_state_that_one_process_finds(sensitive, tmp_path):
    unique = tmp_path.name.replace("-", "_")
    disturb = "; ".join(text for name, text in DISTURBANCES.items() if name != "folder")
    sensitive.write(f"b1_{unique}.py", DISTURBING.format(id="B1", slug="disturbing", disturb=disturb))
    with standard_context("here"):
        alone = said(sensitive)
    workers = said(sensitive, executor=Processes(2))
    assert to_json(list(alone.values()), timing=False) == to_json(list(workers.values()), timing=False)


def test_global_random_numbers_differ_between_the_blocks_of_a_case(sensitive):
    claims = discover([str(sensitive.path)]).claims
    with Store(":memory:") as store, warnings.catch_warnings(record=True):
        run(claims, store)
        found = [
            json.loads(outcome.payload)["notes"]["noise"]
            for block, outcome in store.blocks(claims[0].digest, "quick", 0)
        ]
    assert len(found) == 4, "two rows of the statement, two of its variant"
    assert len({number for pair in found for number in pair}) == 4, "which find what the statement's do"
