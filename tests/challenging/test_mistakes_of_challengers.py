"""Honest mistakes of whoever challenges: a line each, that names what must be and what there was."""

import re
from pathlib import Path

import pytest

from explore_theory.challenging.challenge import challenge
from explore_theory.challenging.games import NeedleGame
from explore_theory.challenging.player import Player
from explore_theory.challenging.process import Died, Limits
from explore_theory.errors import InvalidProblem

HERE = Path(__file__).parent / "cheating_learners.py"
NEEDLE = NeedleGame(coverage=8.0)


def runs_of(name, settings=None, budget=8):
    with Player(f"{HERE}:{name}", settings or {}, Limits(), 5) as one:
        return one.play(NEEDLE, NEEDLE.budget(budget), range(3))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nonsense", "learner must be module:Name or path/to/file.py:Name, got 'nonsense'"),
        ("no_such_module:run", "a module that can be imported from here, got no module 'no_such_module'"),
        ("no_such_file.py:run", "in a file that is there, got 'no_such_file.py'"),
        (f"{HERE}:misspelt", "must be a name in"),
        (f"{HERE}:NOT_CALLABLE", "or have a method run(oracle), got a int without one"),
        (f"{HERE}:WithoutRun", "got the class WithoutRun without one"),
        (f"{HERE}:SaysPerhaps", "proper must be True or False, got proper='perhaps'"),
        (f"{HERE}:NeedsANumber", "NeedsANumber must be given gamma, got none (--set gamma=VALUE)"),
        (f"{HERE}:ProperInArrays", "make scalar calls if it is proper, got ProperInArrays"),
    ],
)
def test_what_is_no_learner_is_a_line(place, said):
    with pytest.raises(InvalidProblem) as error:
        challenge(place)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_settings_must_fit():
    for name, settings, said in (
        ("NeedsANumber", {"gama": 0.5}, "set must name a parameter of NeedsANumber (gamma), got 'gama'"),
        ("honest", {"gamma": 1}, "set must be for a class that takes parameters, got gamma"),
    ):
        with pytest.raises(InvalidProblem) as error:
            runs_of(name, settings)
        assert said in str(error.value)
    assert runs_of("NeedsANumber", {"gamma": 0.5}).failures == ()


def test_a_constructor_that_takes_calls_gets_its_budget_less_one_for_the_output():
    runs = runs_of("TakesItsBudget", budget=9)
    assert runs.failures == ()
    assert runs.calls.tolist() == [9.0] * 3
    assert not runs.over.any()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("returns_nothing", "run must return a policy"),
        ("returns_nan", "theta[0] must be finite, got theta[0]=nan"),
        ("returns_a_short_parameter", "theta must be 256 numbers, got 2 of them"),
        (
            "raises",
            "run must end without an error, got ValueError: no idea what to do with two lines at "
            "cheating_learners.py:",
        ),
    ],
)
def test_a_run_that_goes_wrong_is_a_line_and_a_traceback(name, said):
    (first, *_) = runs_of(name).failures
    assert said in first.line
    assert "\n" not in first.line


def test_the_traceback_is_kept():
    assert 'raise ValueError("no idea' in runs_of("raises").failures[0].trace


def test_a_learner_that_ignores_its_budget_ends_with_it():
    runs = runs_of("ignores_its_budget")
    assert runs.out.all()
    assert runs.calls.tolist() == [8.0] * 3


def test_a_file_that_raises_when_it_is_read_is_a_line(tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("def run(oracle):\n    return 1\n\n1 / 0\n")
    with pytest.raises(
        Died, match=re.escape("without an error, got ZeroDivisionError: division by zero at broken.py:4")
    ) as error:
        challenge(f"{file}:run")
    assert "1 / 0" in error.value.trace


def test_a_missing_module_that_the_learner_needs_is_its_error(tmp_path):
    file = tmp_path / "needs.py"
    file.write_text("import no_such_module_of_theirs\n")
    with pytest.raises(
        Died, match=re.escape("ModuleNotFoundError: No module named 'no_such_module_of_theirs' at needs.py:1")
    ):
        challenge(f"{file}:run")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"tier": "quik"}, "did you mean 'quick'"),
        ({"alpha": 2.0}, "alpha must lie in (0, 1)"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"seconds": 0}, "seconds must be positive and finite, got seconds=0"),
        ({"memory": 5}, "memory must be at least 268435456"),
    ],
)
def test_arguments_are_checked_before_anything_runs(arguments, said):
    with pytest.raises(Exception, match="must") as error:
        challenge(f"{HERE}:honest", **arguments)
    assert said in str(error.value)


def test_a_function_that_is_in_no_file_cannot_be_sent():
    with pytest.raises(InvalidProblem, match="its process reads that file"):
        challenge(lambda oracle: oracle.base())
    with pytest.raises(InvalidProblem, match="its process reads that file"):
        challenge(7)
