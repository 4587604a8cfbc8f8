"""What an import costs: heavy libraries load when they are used, and not before."""

import subprocess
import sys

import pytest

HEAVY = ("cvxpy", "sympy", "matplotlib", "numba", "flint", "scipy")


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import explore_theory", ("numpy", *HEAVY)),
        ("import explore_theory.pytest_plugin", ("numpy", *HEAVY)),
        ("import explore_theory.cli", ("numpy", "rich", *HEAVY)),
        ("from explore_theory import TabularProblem, exact, oracles, policies", HEAVY),
        (
            "from explore_theory.harness.discovery.registry import discover; assert not discover().broken",
            HEAVY,
        ),
    ],
)
def test_nothing_heavy_is_loaded(code, banned):
    assert not loaded_after(code) & set(banned)
