"""Files that were written once keep loading: of each format and version one lies here for good."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_instances import same

from explore_theory import TabularProblem, exact, load, save
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.problems import AutoregressiveProblem, Gaussian

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("name", ["tabular-1.npz", "tabular-1.json"])
def test_tables_of_the_first_version(name):
    problem = load(FILES / name)
    assert isinstance(problem, TabularProblem)
    assert problem.base.tolist() == [[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]
    assert problem.prompt_mass.tolist() == [0.25, 0.75]
    assert problem.reward.tolist() == [[0, 0.5, 1], [1, 0, 0.25]]
    assert (problem.beta, problem.parameter_radius, problem.noise) == (0.5, 2.0, Gaussian(0.5))
    # By hand: the largest pi*/pi_ref is 1/E_ref exp(2 (r - 1)) at the second prompt.
    mean = 0.125 + 0.125 * np.exp(-2) + 0.75 * np.exp(-1.5)
    assert float(exact.coverage(problem)[0]) == pytest.approx(1 / mean, rel=1e-12)


@pytest.mark.parametrize("name", ["tabular-2.npz", "tabular-1-logs.json"])
def test_tables_of_logarithms(name):
    problem = load(FILES / name)
    assert problem.log_base.tolist() == [[-1e-300, -1000.0, -np.inf]]
    # pi* at the second response is exp(4 - 1000): nothing is gained but 0.
    assert float(exact.log_coverage(problem)[0]) == pytest.approx(4.0)


@pytest.mark.parametrize("name", ["tokens-1.npz", "tokens-1.json"])
def test_token_problems_of_the_first_version(name):
    problem = load(FILES / name)
    assert isinstance(problem, AutoregressiveProblem)
    assert (problem.horizon, problem.vocabulary, problem.start.tolist()) == (3, 2, [1])
    assert problem.layers[2].reward.tolist() == [[1.0, 1.125], [1.25, 1.375]]
    assert problem.layers[0].base.tolist() == [[0.5, 0.5], [0.25, 0.75]]


def test_token_problems_of_logarithms():
    problem = load(FILES / "tokens-2.npz")
    assert problem.layers[1].log_base[0, 1] == -800.0
    assert soft_dynamics.sequence_rewards(problem)[0].tolist() == [0, 1, 2, 3]


def test_formulas():
    assert load(FILES / "formula.dnf.gz").table.tolist() == [[1, -2, 4, 0], [3, -5, 0, 0], [-6, 7, 8, 9]]


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.glob("*.npz")))
def test_a_later_version_is_refused_and_says_what_reads_it(tmp_path, name):
    with np.load(FILES / name) as found:
        arrays = dict(found)
    np.savez(tmp_path / "later.npz", **{**arrays, "version": 3, "new_member": np.zeros(2)})
    with pytest.raises(InvalidProblem, match=r"version must be at most 2, .*install a later explore-theory"):
        load(tmp_path / "later.npz")


def test_a_later_document_is_refused_and_says_what_reads_it(tmp_path):
    document = json.loads((FILES / "tabular-1.json").read_text())
    document |= {"version": 2, "reader": "explore-theory 7.0", "new_field": 1}
    (tmp_path / "later.json").write_text(json.dumps(document))
    with pytest.raises(InvalidProblem, match=r"this file needs explore-theory 7\.0"):
        load(tmp_path / "later.json")


def test_what_is_written_today_has_these_versions(tmp_path):
    for name in ("tabular-1.npz", "tabular-2.npz", "tokens-1.npz", "tokens-2.npz"):
        problem = load(FILES / name)
        save(problem, tmp_path / name)
        with np.load(tmp_path / name) as new, np.load(FILES / name) as old:
            assert {k: v.tolist() for k, v in new.items()} == {k: v.tolist() for k, v in old.items()}
    for name in ("tabular-1.json", "tokens-1.json", "tabular-1-logs.json"):
        problem = load(FILES / name)
        save(problem, tmp_path / name)
        new, old = (json.loads((folder / name).read_text()) for folder in (tmp_path, FILES))
        # The release that wrote it is its own.
        assert {**new, "reader": ""} == {**old, "reader": ""}
        assert same(load(tmp_path / name), problem)
