"""Counter-examples: saved with the world they live in, and opened again."""

import numpy as np
import pytest
from click.testing import CliRunner

from explore_theory import TabularProblem, exact
from explore_theory.cli import main
from explore_theory.errors import StoreError
from explore_theory.harness.running import counterexamples

CLAIM = '''
"""A1: a gap of two responses is at most a half (false)."""
from dataclasses import dataclass
import numpy as np
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.problems import TabularProblem

@dataclass(frozen=True)
class World:
    reward: object
    width: float

    def problem(self, k):
        reward = np.array([[0.0, self.reward[k]]])
        return TabularProblem(prompt_mass=np.ones(1), base=np.full((1, 2), 0.5), reward=reward,
            features=reward[..., None], theta_star=np.ones(1), parameter_radius=1.0, beta=0.1)

def instance(trial):
    return World(reward=trial.streams.uniform(1)[:, 0], width=2.0)

CLAIM = Claim(
    id="A1", slug="half", theorem="toys", title="t", statement="s", formula="f", relation="<=", scope="s",
    source="s",
    checks=(
        Check(slug="draws", evidence=Evidence.ADVERSARIAL, instance=instance,
              cases=(Case(slug="one", params={"n": 2}, rows=40, block=16),),
              measure=lambda w: Measurement.exact(w.reward, witness=lambda k: {"reward": float(w.reward[k])}),
              bound=lambda w: Bound.of(0.5)%s),
    ),
    false_variants=(FalseVariant(slug="tenth", why="w", check="draws", bound=lambda w: Bound.of(0.1)),),
    loose="A toy.",
)
'''


@pytest.fixture
def verify(tmp_path, monkeypatch, toys):
    monkeypatch.chdir(tmp_path)

    def call(problem=", problem=lambda w, k: w.problem(k)", *more):
        toys.write("a1_half.py", CLAIM % problem)
        return CliRunner().invoke(main, ["verify", "--claims", str(toys.path), "--witness", "found", *more])

    return call


def test_a_refuted_case_leaves_its_world_and_its_problem(verify, tmp_path):
    result = verify()
    assert result.exit_code == 1
    assert "counter-example of A1 draws/one: found/A1--draws--one.npz" in result.stderr
    found = counterexamples.load(tmp_path / "found" / "A1--draws--one.npz")
    about = found.about
    assert (about["claim"], about["relation"], about["params"]) == ("A1", "<=", {"n": 2})
    # The world of the block; the index says which comparison was refuted.
    assert found.world["reward"].shape == (16,)
    refuted = found.world["reward"][about["index"]]
    assert refuted == about["measured"][0] == about["witness"]["reward"]
    assert refuted > about["bound"][0] == 0.5
    assert found.world["width"] == 2.0
    problem = TabularProblem.load(tmp_path / "found" / "A1--draws--one.problem.npz")
    assert problem.reward.tolist() == [[0.0, float(refuted)]]
    assert np.isfinite(exact.optimal_objective(problem)).all()


def test_its_problem_is_one_that_learners_run_on(verify, tmp_path):
    verify()
    again = "run best-of-n --instance found/A1--draws--one.problem.npz --set draws=4 --set rounds=4"
    assert CliRunner().invoke(main, again.split()).exit_code == 0


def test_a_problem_that_cannot_be_made_is_told_and_the_world_is_kept(verify, tmp_path):
    result = verify(
        ", problem=lambda w, k: TabularProblem(prompt_mass=1, base=1, reward=1, features=1, beta=1)"
    )
    assert "its problem cannot be saved: " in result.stderr
    assert (tmp_path / "found" / "A1--draws--one.npz").exists()
    assert not (tmp_path / "found" / "A1--draws--one.problem.npz").exists()


def test_it_says_what_is_refuted_also_in_the_third_block(verify, tmp_path):
    verify("", "--block", "1")
    about = counterexamples.load(tmp_path / "found" / "A1--draws--one.npz").about
    block = about["block"]
    assert block["last"] - block["first"] == 1
    assert about["index"] == 0


def test_it_is_built_from_the_streams_of_the_run_that_refuted_it(verify, tmp_path):
    verify("", "--reseed", "7")
    found = counterexamples.load(tmp_path / "found" / "A1--draws--one.npz")
    assert found.about["block"]["reseed"] == 7
    refuted = found.world["reward"][found.about["index"]]
    assert refuted == found.about["measured"][0] == found.about["witness"]["reward"]


def test_a_claim_that_holds_leaves_nothing(verify, tmp_path, toys):
    toys.write("a1_half.py", (CLAIM % "").replace("Bound.of(0.5)", "Bound.of(1.0)"))
    arguments = ["verify", "--claims", str(toys.path), "--witness", "found"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert not (tmp_path / "found").exists()


def test_a_folder_that_cannot_be_written_is_one_line(verify, tmp_path):
    (tmp_path / "found").write_text("a file")
    result = verify()
    assert result.exit_code == 2
    assert "witness must be a folder to write to" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("content", [b"", b"nothing of ours", None])
def test_what_is_no_counter_example_is_refused(tmp_path, content):
    path = tmp_path / "x.npz"
    if content is None:
        np.savez(path, a=np.ones(2))
    else:
        path.write_bytes(content)
    with pytest.raises(StoreError, match="witness must be a file of"):
        counterexamples.load(path)
