"""`explore-theory bench` and its catalogue. Nothing here is about how long anything takes."""

import json

import pytest
from click.testing import CliRunner

from explore_theory.bench import catalogue
from explore_theory.bench.benchmark import Benchmark, compared, grown
from explore_theory.bench.timing import Effort
from explore_theory.cli import main
from explore_theory.errors import UnknownSelector


@pytest.fixture
def tiny(monkeypatch):
    """One measurement of nearly nothing, in place of all."""

    def measure(effort):
        assert effort.quick
        yield compared(
            "sums over sums", head=lambda: sum(range(99)), base=lambda: sum(range(99)), effort=effort
        )
        works = {n: (lambda n=n: sum(range(n))) for n in (1000, 4000, 16000)}
        yield grown("a sum", "terms", works, effort)

    entry = Benchmark(name="tiny", says="a tiny one", measure=measure)
    monkeypatch.setattr(catalogue, "catalogue", lambda: (entry,))


def call(*arguments):
    return CliRunner().invoke(main, ["bench", *arguments])


def test_a_tiny_benchmark_is_run_written_kept_and_compared(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["--quick", "--json", "one.json", "--history", "kept.jsonl"]
    first = call(*arguments)
    assert first.exit_code == 0, first.output
    assert "sums over sums: " in first.output
    assert "a sum grows like terms^" in first.output
    assert "no earlier run of this kind" in first.output
    written = json.loads((tmp_path / "one.json").read_text())
    assert [one["benchmark"] for one in written["figures"] + written["growths"]] == ["tiny", "tiny"]
    second = call(*arguments)
    assert second.exit_code == 0, second.output
    assert "figures differ from those of" in second.output
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_measured_is_listed_and_not_run(tiny):
    assert call("--list").output == "tiny  a tiny one\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such"], "benchmarks must be of tiny, got 'no-such'"),
        (["--json", "nowhere/one.json"], "json must be a file in a folder that exists"),
        (["--history", "."], "history must be a file in a folder that exists"),
    ],
)
def test_a_mistake_in_the_call_is_a_line_before_anything_is_run(
    tiny, arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    found = call(*arguments)
    assert found.exit_code == 2
    assert words in found.output
    assert found.output.count("\n") == 1


def test_a_history_that_is_none_is_not_written_over(tiny, tmp_path):
    kept = tmp_path / "notes.txt"
    kept.write_text("my notes\n")
    found = call("--quick", "--history", str(kept))
    assert found.exit_code == 2
    assert "line 1" in found.output
    assert kept.read_text() == "my notes\n"


def test_names_are_taken_in_the_order_of_the_catalogue():
    known = catalogue.catalogue()
    assert [one.name for one in catalogue.chosen(["searches", "streams"], known)] == ["streams", "searches"]
    assert catalogue.chosen([], known) == known
    with pytest.raises(UnknownSelector, match="must be of streams, "):
        catalogue.chosen(["stream"], known)


def test_every_name_in_the_catalogue_is_told_apart():
    names = [one.name for one in catalogue.catalogue()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["streams", "intervals", "searches", "replicates", "grow-exact"])
def test_measurements_run(name):
    (benchmark,) = catalogue.chosen([name], catalogue.catalogue())
    found = list(benchmark.measure(Effort(repeats=1, least=1e-6, quick=True)))
    assert found
    assert len({(one.name, getattr(one, "of", "")) for one in found}) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", catalogue.catalogue(), ids=lambda benchmark: benchmark.name)
def test_every_measurement_runs(benchmark):
    assert list(benchmark.measure(Effort(repeats=1, least=1e-6, quick=True)))
