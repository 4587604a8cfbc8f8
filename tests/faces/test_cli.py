"""The command line as a user drives it: verdicts, exit codes, one-line errors, resume after Ctrl-C."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest


def test_verify_prints_a_table_that_fits_80_columns(cli, toys):
    toys.add("A1")
    result = cli("verify", "--claims", toys.path)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines()[:-1])) <= 80
    assert "A1" in result.stdout
    assert "1 claim at the quick tier: 1 HOLDS; 1 of 1 false variant refuted" in result.stdout


@pytest.mark.parametrize(
    ("toy", "code", "word"),
    [
        ({}, 0, "HOLDS"),
        ({"bound": 0.9}, 1, "REFUTED"),
        ({"lie": 2.0}, 1, "POWERLESS"),
        ({"extra": "raise OSError(28, 'No space left on device')"}, 1, "ERROR"),
        ({"bound": "float('nan')"}, 3, "INCONCLUSIVE"),
    ],
)
def test_exit_codes(cli, toys, toy, code, word):
    toys.add("A1", **toy)
    result = cli("verify", "--claims", toys.path)
    assert result.exit_code == code
    assert word in result.stdout


def test_a_module_that_does_not_import_is_an_error_row(cli, toys):
    toys.add("A1")
    toys.write("b1_nonsense.py", "import no_such_module_anywhere\n")
    result = cli("verify", "--claims", toys.path)
    assert result.exit_code == 1
    assert "Nomodulenamed'no_such_module_anywhere'" in "".join(result.stdout.split())
    assert "1 HOLDS, 1 ERROR" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "gap-is-lk"], "did you mean gap-is-kl"),
        (["verify", "--claims", "nowhere"], "claims must be a package, folder or file that exists"),
        (["verify", "--store", "nowhere/s.sqlite", "F1"], "store must lie in a folder that exists"),
        (["verify", "--store", "notes.txt", "F1"], "must be an explore-theory store"),
        (["report"], "store must exist"),
        (["report", "--store", "notes.txt"], "must be an explore-theory store"),
        (["show", "nothing-like-it"], "selector must match"),
        (["verify", "--tier", "huge"], "huge"),
        (["verify", "--reseed", "-1"], "-1"),
        (["verify", "F1", "--reseed", str(2**63)], "reseed must lie in [0, 9223372036854775807]"),
        (["verify", "F1", "--alpha", "1"], "alpha must lie in (0, 1), got alpha=1.0"),
        (["frobnicate"], "No such command"),
    ],
)
def test_a_users_mistake_is_one_clear_line_and_exit_code_2(cli, tmp_path, arguments, message):
    (tmp_path / "notes.txt").write_text("nothing of yours\n" * 5)
    result = cli(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert (tmp_path / "notes.txt").read_text() == "nothing of yours\n" * 5


def test_report_says_when_it_cannot_be_written(cli, toys, tmp_path):
    toys.add("A1")
    cli("verify", "--claims", toys.path)
    (tmp_path / "taken").write_text("a file")
    result = cli("report", "--out", "taken")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "out must be a folder that can be written" in result.stderr


def test_two_stores_that_leave_the_latest_source_open_are_one_line(cli, toys):
    file = toys.add("A1")
    cli("verify", "--claims", toys.path, "--store", "one")
    file.write_text(file.read_text() + "\n# edited\n")
    cli("verify", "--claims", toys.path, "--store", "two")
    result = cli("merge", "all", "one", "two")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "stores to merge must show which source of claim A1 (quick) is the latest" in result.stderr
    cli("verify", "--claims", toys.path, "--store", "one")
    assert cli("merge", "all", "two", "one").exit_code == 0


def test_fresh_runs_again_what_the_store_holds(cli, toys, tmp_path):
    toys.add("A1", extra=f"with open({str(tmp_path / 'marks')!r}, 'a') as file: file.write('x')")
    sizes = []
    for more in ((), (), ("--fresh",)):
        # One worker: a second one takes over blocks of the same rows, and measures them for itself.
        assert cli("verify", "--claims", toys.path, "--jobs", "1", *more).exit_code == 0
        sizes.append(len((tmp_path / "marks").read_text()))
    assert sizes == [5, 5, 10], "a variant of the bound measures nothing of its own"


def test_damage_is_named_and_what_is_intact_is_saved(cli, toys, tmp_path):
    toys.add("A1")
    cli("verify", "--claims", toys.path, "--store", "s")
    with sqlite3.connect(tmp_path / "s") as connection:
        connection.execute("UPDATE claims SET record = replace(record, '\"<=\"', '\">=\"')")
    connection.close()
    result = cli("db", "check", "--store", "s", "--salvage", "saved")
    assert result.exit_code == 1
    assert "claim record" in result.stdout
    assert "its checksum does not match" in result.stdout
    assert "saved holds" in result.stdout
    assert cli("report", "--store", "s").exit_code == 2
    assert cli("db", "check", "--store", "saved").exit_code == 0
    assert cli("verify", "--claims", toys.path, "--store", "saved").exit_code == 0


def test_json_is_complete(cli, toys):
    toys.add("A1")
    data = json.loads(cli("verify", "--claims", toys.path, "--json").stdout)
    (claim,) = data["claims"]
    assert claim["status"] == "HOLDS"
    assert [v["status"] for v in claim["false_variants"]] == ["REFUTED"]
    assert claim["cases"][0]["row"]["bound"] == [1.0, 1.0]


def test_list_and_show(cli):
    assert "gap-is-kl" in cli("list", "framework").stdout
    page = cli("show", "F1").stdout
    assert "False variants" in page
    assert "temperature-doubled" in page


def test_ctrl_c_keeps_what_is_done_and_the_same_call_resumes(toys, tmp_path):
    toys.add("A1", extra="import time; time.sleep(0.1)")
    command = [sys.executable, "-m", "explore_theory", "verify", "--claims", str(toys.path), "--block", "10"]
    environment = os.environ | {"COLUMNS": "80"}
    # Tests that run in the background inherit a shell's wish to ignore the signal, and so would the command.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, inherited)
    store = tmp_path / "explore-theory.sqlite"
    deadline = time.monotonic() + 30
    while not (store.exists() and store.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    stdout, stderr = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "INCONCLUSIVE" in stdout
    assert "rows have not been run" in stdout.replace("\n", " ")
    assert "the same call resumes" in stderr
    assert "Traceback" not in stderr
    again = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0
    assert "1 HOLDS" in again.stdout
