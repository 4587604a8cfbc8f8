"""What verify prints where something fails: every failing case, its counter-example, and where it was."""

import csv
import json
import os
import subprocess
import sys

import pytest


def two_checks(toys, second):
    """A1 with a refuted check and another one whose measure is `second`."""
    file = toys.add("A1", bound=0.9)
    more = f"""
        Check(slug="more", evidence=Evidence.ADVERSARIAL, cases=(Case(slug="three", params={{"size": 7}}),),
              measure={second}, bound=lambda _: Bound.of(1.0)),
    ),
    false_variants=(
        FalseVariant(slug="more-halved", why="half", check="more", bound=lambda _: Bound.of(0.01)),
"""
    file.write_text(file.read_text().replace("    ),\n    false_variants=(\n", more.lstrip("\n"), 1))
    return file


def test_every_failing_case_is_printed_with_parameters_and_witness(cli, toys):
    two_checks(toys, "lambda t: Measurement.exact([2.0], witness=lambda k: {'colour': 'red'})")
    out = cli("verify", "--claims", toys.path).stdout
    lines = [line for line in out.splitlines() if line.startswith(("A1 toy-a1, ", "    comparison"))]
    assert lines[0].startswith("A1 toy-a1, draws/one, slack")
    assert any("A1 toy-a1, more/three (size=7), slack" in line and "REFUTED" in line for line in lines)
    assert "    comparison 0: colour=red" in lines
    assert any(line.startswith("    comparison ") and "row=" in line for line in lines)
    assert f"run again: explore-theory verify A1 --tier quick --claims {toys.path}" in out


def test_the_error_of_one_check_is_not_hidden_by_the_refutation_of_another(cli, toys):
    two_checks(toys, "lambda t: 1 / 0")
    result = cli("verify", "--claims", toys.path)
    assert result.exit_code == 1
    assert "REFUTED, measured" in result.stdout
    assert "more/three (size=7): ERROR, ZeroDivisionError: division by zero (a1_" in result.stdout


def test_tracebacks_are_printed_when_asked_for(cli, toys):
    toys.add("A1", extra="raise OSError('by design')")
    toys.write("b1_nonsense.py", "import no_such_module_anywhere\n")
    assert "Traceback" not in cli("verify", "--claims", toys.path).output
    traces = cli("verify", "--claims", toys.path, "--traceback").stderr
    assert traces.count("Traceback") >= 2
    assert "A1, draws/one:" in traces
    assert "raise OSError('by design')" in traces
    assert "b1_nonsense.py:" in traces


def test_resolution_and_what_applies_are_printed_with_the_verdict(cli, toys):
    file = toys.add("A1")
    text = file.read_text().replace("import Bound, Measurement", "import Bound, Measurement, Resolution")
    text = text.replace("witness=", "applicable=value < 0.9, witness=")
    file.write_text(text.replace("cases=(Case(", "resolution=Resolution(absolute=1e-3), cases=(Case(", 1))
    out = " ".join(cli("verify", "--claims", toys.path).stdout.split())
    assert "adversarial 105 to 0.001" in out
    assert "comparisons apply" in out
    page = " ".join(cli("show", "A1", "--claims", toys.path).stdout.split())
    assert "to a resolution of 0.001" in page
    csv = cli("verify", "--claims", toys.path, "--csv").stdout.splitlines()
    names, first = csv[0].split(","), csv[1].split(",")
    row = dict(zip(names, first, strict=False))
    assert row["resolution_absolute"] == "0.001"
    assert row["comparisons"] == "100"
    assert 0 < int(row["applicable"]) < 100
    assert cli("report").exit_code == 0
    with open("reports/index.html", encoding="utf-8") as report:
        text = report.read()
    assert "left out: not applicable" in text
    assert "to 0.001" in text


def test_a_claim_without_power_or_without_a_word_on_tightness_does_not_hold(cli, toys):
    file = toys.add("A1")
    file.write_text(file.read_text().replace("loose='A toy has no extreme case.'", "loose=''"))
    result = cli("verify", "--claims", toys.path)
    assert result.exit_code == 1
    assert "must mark a case as tight" in " ".join(result.stdout.split())


def test_what_goes_wrong_is_said_in_words_too(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "explore_theory", "verify", "π\x1b]0;t\x07", "--store", "≤.sqlite"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"pi\\x1b]0;t\\x07" in done.stderr
    assert b"?" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("command", ["verify", "list", "show"])
def test_what_a_terminal_cannot_show_is_said_in_words(toys, tmp_path, encoding, command):
    file = toys.add("A1")
    file.write_text(file.read_text().replace('title="', 'title="Divergence of π ≤ log N: '), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "explore_theory", command, "A1", "--claims", str(toys.path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("ascii", "replace")
    assert b"Divergence of pi <= log N" in done.stdout


def test_a_figure_that_cannot_be_drawn_takes_no_other_claim_out_of_the_report(cli, toys):
    toys.add("A1")
    file = toys.add("B1")
    figure = """figures=(Figure(slug="f", title="t", x_label="n", y_label="y",
        curves=(Curve(label="a", check="draws", x="words", y="measured"),)),),
    loose="""
    text = file.read_text().replace("loose=", figure, 1)
    text = text.replace("witness=", "notes={'words': ['three']}, witness=")
    imported = "from explore_theory.harness.claims.figure import Curve, Figure\n"
    file.write_text(text.replace("import numpy as np\n", f"import numpy as np\n{imported}"))
    assert cli("verify", "--claims", toys.path).exit_code == 0
    assert cli("report").exit_code == 0
    with open("reports/index.html", encoding="utf-8") as report:
        text = report.read()
    assert "This figure cannot be drawn: could not convert string to float" in text
    assert 'id="A1"' in text


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("command", ["verify", "list"])
def test_a_full_disk_behind_standard_output_is_one_line(toys, tmp_path, command):
    toys.add("A1")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "explore_theory", command, "--claims", str(toys.path)],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("explore-theory: output must be a place to write to")


def test_ctrl_c_while_claims_are_loaded_is_an_interruption(toys, tmp_path):
    toys.add("A1")
    # Where the tests run in the background of a shell, interrupts are ignored until somebody listens.
    listens = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    toys.write("b1_stops.py", f"import os, signal\n{listens}\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = subprocess.run(
        [sys.executable, "-m", "explore_theory", "verify", "--claims", str(toys.path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "explore-theory: interrupted\n")


def test_nothing_to_verify_is_a_mistake(cli, toys):
    result = cli("verify", "--claims", toys.path)
    assert result.exit_code == 2
    assert "claims must hold at least one claim, got none in" in result.stderr


def test_claims_of_one_id_are_told_apart_wherever_they_are_shown(cli, toys, toy_folder, tmp_path):
    others = toy_folder(tmp_path / "others")
    toys.add("A1")
    others.add("A1", bound=0.9)
    folders = ("--claims", toys.path, "--claims", others.path)
    table = cli("verify", *folders, "--witness", "found")
    assert "others:A1" in table.stdout
    assert "toys:A1" in table.stdout
    assert "others:A1 toy-a1, draws/one" in table.stdout
    assert (tmp_path / "found" / "others.A1--draws--one.npz").exists()
    claims = json.loads(cli("verify", *folders, "--json").stdout)["claims"]
    assert [(c["id"], c["namespace"], c["status"]) for c in claims] == [
        ("A1", "others", "REFUTED"),
        ("A1", "toys", "HOLDS"),
    ]
    rows = list(csv.DictReader(cli("verify", *folders, "--csv").stdout.splitlines()))
    assert {(row["namespace"], row["verdict"]) for row in rows} == {("others", "REFUTED"), ("toys", "HOLDS")}
    assert cli("report").exit_code == 0
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert page.count('class="claim"') == 2
    for label, chip in (("others:A1", "refuted"), ("toys:A1", "holds")):
        section = page[page.index(f'<section id="{label}"') :]
        assert section.index(f"chip {chip}") < section.index("</section>")
