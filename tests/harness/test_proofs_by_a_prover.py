"""What the engine makes of a prover's answers, by provers that are scripts: every way in which one fails."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction

import pytest
from made_provers import made, on_path
from toy_proofs import PROOF, SOURCE, alone, bridge, claim, registered, verified, written

from explore_theory.harness.discovery.registry import record_of
from explore_theory.harness.formal import prover as provers
from explore_theory.harness.judging import upkeep
from explore_theory.harness.judging.proofs import Standing
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.running.executors import Serial
from explore_theory.harness.running.proofs_alone import check_proofs
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.table import failures


@pytest.fixture
def place(tmp_path):
    return written(tmp_path)


@pytest.fixture
def store():
    with Store(":memory:") as opened:
        yield opened


def test_a_proof_that_is_checked_holds_and_is_told_with_all_that_it_rests_on(
    place, store, monkeypatch, tmp_path
):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    result = verified(place, store)
    (proof,) = result.proofs
    assert result.verdict.status is Status.HOLDS
    assert (proof.standing, proof.theorem) == (Standing.HOLDS, "t")
    assert proof.proved.statement == "forall x : R,\nx <= exp x"
    assert proof.proved.axioms == ("ClassicalDedekindReals.sig_not_dec",
                                   "FunctionalExtensionality.functional_extensionality_dep")  # fmt: skip
    assert (proof.proved.version, proof.proved.lines, proof.proved.bridged) == ("8.16.1", 7, 3)
    assert proof.proved.negations == {"lie": "~ (forall x : R, x = 0)"}
    assert result.evidence()[0] == ("formal", 1, "theorems")
    assert prover.calls == ["Proved/t.v", "check Proved.t", "asked.v"]
    assert proof.seconds > 0
    assert result.seconds >= proof.seconds


def test_a_second_verify_does_not_ask_again_and_another_prover_does(place, store, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    verified(place, store)
    verified(place, store)
    assert len(prover.calls) == 3
    verified(place, store, fresh=True)
    assert len(prover.calls) == 6
    newer = made(tmp_path / "newer", version="9.0.0")
    on_path(monkeypatch, newer, tmp_path)
    assert verified(place, store).proofs[0].proved.version == "9.0.0"
    assert len(newer.calls) == 3


def test_what_another_prover_has_checked_of_the_same_files_still_holds_without_one(
    place, store, monkeypatch, tmp_path
):
    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    verified(place, store)
    on_path(monkeypatch, None, tmp_path)
    assert verified(place, store).proofs[0].standing is Standing.HOLDS


SMALLER = "prove it in smaller steps, or move lemmas into a shared library, which has limits of its own"
NO_PROVER = "no prover is installed: see `explore-theory formal doctor`"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (None, NO_PROVER),
        ({"version": "8.9.1"}, "Coq 8.9.1 is too old: it takes 8.16 or newer"),
        ({"version": "none at all"}, NO_PROVER),
        (
            {"lacks": ["libcoq-interval"]},
            "libcoq-interval is not installed: see `explore-theory formal doctor`",
        ),
    ],
)
def test_without_what_it_takes_a_proof_is_not_run_and_the_claim_stands_by_the_rest(
    place, store, monkeypatch, tmp_path, options, reason
):
    prover = made(tmp_path / "prover", **options) if options is not None else None
    on_path(monkeypatch, prover, tmp_path)
    result = verified(place, store)
    (proof,) = result.proofs
    assert (proof.standing, proof.reason) == (Standing.NOT_RUN, reason)
    assert proof.proved is None
    assert "exp x" in proof.stated
    assert result.verdict.status is Status.HOLDS
    assert [kind for kind, _, _ in result.evidence()] == ["exhaustive"]
    assert prover is None or prover.calls == []


def test_a_prover_of_ten_is_newer_than_one_of_nine(place, monkeypatch, tmp_path):
    on_path(monkeypatch, made(tmp_path / "prover", version="8.20.0+rc1"), tmp_path)
    assert alone(place)[0].standing is Standing.HOLDS


def test_the_instances_of_a_bridge_are_derived_and_fresh_ones_can_be_had(place, monkeypatch, tmp_path):
    seen = []

    def drawn(rng):
        seen.append(rng.integers(0, 10**9))
        return bridge(rng)

    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    for reseed in (0, 0, 1):
        check_proofs([registered(place, replace(PROOF, bridge=drawn))], Serial(), reseed=reseed)
    assert seen[0] == seen[1] != seen[2]


def test_a_bridge_that_raises_is_told_as_what_it_raised(place, monkeypatch, tmp_path):
    def fails(_):
        raise ZeroDivisionError("by design")

    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    (proof,) = alone(place, replace(PROOF, bridge=fails))
    assert proof.reason == "ZeroDivisionError: by design"


def test_a_proof_that_takes_too_long_is_an_error_with_its_limit(place, monkeypatch, tmp_path):
    on_path(monkeypatch, made(tmp_path / "prover", before="exec sleep 30"), tmp_path)
    monkeypatch.setattr(provers, "SECONDS", 0.03)
    started = time.monotonic()
    (proof,) = alone(place)
    assert proof.reason == (
        "InvalidClaim: t.v must be checked within 0.3 s, got no end of coqc by then, nor 0.03 s of processor "
        "time; check it where less else is going on"
    )
    assert time.monotonic() - started < 10


def test_the_limit_is_of_processor_time_since_a_busy_machine_says_nothing_of_a_proof(
    place, monkeypatch, tmp_path
):
    monkeypatch.setattr(provers, "SECONDS", 1)
    on_path(monkeypatch, made(tmp_path / "prover", before="case $last in asked.v) sleep 2 ;; esac"), tmp_path)
    assert alone(place)[0].standing is Standing.HOLDS
    monkeypatch.setattr(provers, "_PATIENCE", 60)
    on_path(monkeypatch, made(tmp_path / "busy", before="while :; do :; done"), tmp_path)
    (proof,) = alone(place)
    assert proof.reason == (
        "InvalidClaim: t.v must be checked within 1 s of processor time, got no end of coqc by then; "
        f"{SMALLER}"
    )


def test_an_edited_file_is_another_claim(place):
    before = record_of(registered(place).claim, "", place)
    (place / "formal" / "t.v").write_text(SOURCE.replace("x <= exp x", "x < exp x"))
    assert record_of(registered(place).claim, "", place) != before
    assert "proofs" not in record_of(claim(), "", place)


def test_a_refuted_claim_stays_refuted_whatever_is_wrong_with_its_proof(place, store, monkeypatch, tmp_path):
    on_path(monkeypatch, made(tmp_path / "prover", code=1), tmp_path)
    one = registered(place, measured=Fraction(3, 4))
    (result,) = session_results(store, run([one], store))
    assert result.verdict.status is Status.REFUTED
    assert result.proofs[0].standing is Standing.ERROR


def test_a_failed_proof_is_tried_again(place, store, monkeypatch, tmp_path):
    on_path(monkeypatch, made(tmp_path / "prover", code=1), tmp_path)
    assert verified(place, store).verdict.status is Status.ERROR
    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    assert verified(place, store).verdict.status is Status.HOLDS


def test_a_store_with_proofs_is_intact_and_a_damaged_record_is_found(place, monkeypatch, tmp_path):
    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        verified(place, store)
    assert upkeep.check(path).problems == ()
    with Store(path) as store:
        assert latest_results(store)[0].proofs[0].standing is Standing.HOLDS
        values = (
            "payload = '{}', checksum = checksum(claim, tier, reseed, variant, check_slug, case_slug, first, "
        )
        values += "last, status, '{}', seconds, session)"
        with store.transaction() as connection:
            connection.execute(f"UPDATE blocks SET {values} WHERE check_slug LIKE 'proof:%'")
    assert any("a stored proof must be a record" in problem for problem in upkeep.check(path).problems)


def test_a_shard_leaves_the_others_proofs_alone(place, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    for index in (1, 2, 3, 4):
        with Store(":memory:") as store:
            run([registered(place)], store, shard=(index, 4))
    assert len(prover.calls) == 3


def test_a_library_is_compiled_and_checked_once_for_all_proofs(place, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    (place / "formal" / "t.v").write_text("From ExploreTheory Require Import Sums.\n" + SOURCE)
    sums = place / "formal" / "Sums.v"
    sums.write_text("Definition one := 1.\n")
    first = alone(place)[0]
    assert first.proved.libraries == ("Sums",)
    assert prover.calls[:2] == ["ExploreTheory/Sums.v", "check ExploreTheory.Sums"]
    alone(place)
    assert prover.calls.count("ExploreTheory/Sums.v") == 1
    sums.write_text("Definition one := 2.\n")
    alone(place)
    assert prover.calls.count("ExploreTheory/Sums.v") == 2
    sums.write_text("Lemma a : 1 = 2.\nAdmitted.\n")
    assert "Sums.v must be proved whole" in alone(place)[0].reason


def test_another_release_of_a_package_has_libraries_compiled_again(place, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    (place / "formal" / "t.v").write_text("From ExploreTheory Require Import Sums.\n" + SOURCE)
    (place / "formal" / "Sums.v").write_text("Definition one := 1.\n")
    alone(place)
    os.utime(tmp_path / "prover" / "library" / "user-contrib" / "Interval", ns=(1, 1))
    alone(place)
    assert prover.calls.count("ExploreTheory/Sums.v") == 2


def test_ctrl_c_takes_the_prover_along(place, tmp_path):
    prover = made(tmp_path / "prover", before=f'echo $$ > "{tmp_path}/pid"; exec sleep 60')
    code = f"""
import os, signal, sys, threading, time
from pathlib import Path
os.environ["PATH"] = {str(prover.folder)!r} + os.pathsep + os.environ["PATH"]
from explore_theory.harness.formal.prover import call
def interrupt():
    while not Path({str(tmp_path / "pid")!r}).exists() or not Path({str(tmp_path / "pid")!r}).read_text():
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
try:
    call([{str(prover.folder / "coqc")!r}, "x.v"], Path({str(tmp_path)!r}), "x.v")
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "interrupted\n"
    assert not alive(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the prover ends by its limit of time")
def test_a_prover_goes_when_its_worker_is_killed(tmp_path):
    prover = made(tmp_path / "prover", before=f'echo $$ > "{tmp_path}/pid"; exec sleep 60')
    code = f"""
from pathlib import Path
from explore_theory.harness.formal.prover import call
call([{str(prover.folder / "coqc")!r}, "x.v"], Path({str(tmp_path)!r}), "x.v")
"""
    child = subprocess.Popen([sys.executable, "-c", code])
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    child.kill()
    child.wait()
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(pid)


def alive(pid):
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_prover_sees_nothing_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("COQPATH", "/elsewhere")
    monkeypatch.setenv("SECRET", "x")
    said = provers.call(["env"], tmp_path, "x.v")
    names = {line.split("=")[0] for line in said.out.splitlines()}
    assert not names & {"COQPATH", "SECRET"}
    assert f"HOME={tmp_path}" in said.out


def test_the_line_of_a_wrong_proof_ends_with_its_reason_and_no_option_of_a_command(
    place, store, monkeypatch, tmp_path
):
    on_path(monkeypatch, made(tmp_path / "prover", before="exit 1"), tmp_path)
    result = verified(place, store)
    (proof,) = result.proofs
    assert proof.standing is Standing.ERROR
    (said,) = [line for line in failures([result], " --store 'x.sqlite'") if "proof t" in line]
    assert said.endswith(proof.reason)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (
            "kill -KILL $$",
            "t.v must be checked to its end, got coqc killed by signal 9 (SIGKILL); most often the machine "
            "had no memory left: check fewer proofs side by side, or free some",
        ),
        (
            "exit 137",  # of a shell around the prover
            "t.v must be checked to its end, got coqc killed by signal 9 (SIGKILL); most often the machine "
            "had no memory left: check fewer proofs side by side, or free some",
        ),
        (
            "kill -SEGV $$",
            "t.v must be checked to its end, got coqc killed by signal 11 (SIGSEGV); it may have been short "
            f"of memory or of stack: {SMALLER}",
        ),
        (
            "kill -TERM $$",
            "t.v must be checked to its end, got coqc killed by signal 15 (SIGTERM); another program or a "
            "person did that: check it again",
        ),
        *(
            (
                f"echo '{said}' >&2; {end}",
                "t.v must be checked within 8192 MB of memory, got a coqc that ran out of it; compute on "
                f"smaller terms, or {SMALLER}",
            )
            for said, end in [
                ("Error: Out of memory.", "exit 1"),
                ("Fatal error: exception Out_of_memory", "exit 2"),
                ("Fatal error: not enough memory", "kill -ABRT $$"),
            ]
        ),
        ("echo 'Error: Anomaly: out of memory' >&2; exit 129", "t.v must be proved, got Error: Anomaly"),
        ("echo 'Error: Tactic failure: Out of memory.' >&2; exit 1", "t.v must be proved, got Error: Tactic"),
    ],
)
def test_a_prover_that_is_killed_is_an_error_that_says_by_what_and_what_to_change(
    place, store, monkeypatch, tmp_path, before, reason
):
    on_path(monkeypatch, made(tmp_path / "prover", before=before), tmp_path)
    result = verified(place, store)
    (proof,) = result.proofs
    assert result.verdict.status is Status.ERROR, "neither for nor against the claim"
    assert proof.standing is Standing.ERROR
    assert proof.reason.startswith(f"InvalidClaim: {reason}")
    assert "\n" not in proof.reason


def test_a_checker_that_is_killed_is_told_by_its_name(place, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    checker = prover.folder / "coqchk"
    checker.write_text("#!/bin/sh\nkill -KILL $$\n")
    (proof,) = alone(place)
    assert "got coqchk killed by signal 9 (SIGKILL)" in proof.reason


@pytest.mark.parametrize(("name", "most"), [("RLIMIT_CPU", 4), ("RLIMIT_AS", 2**30)])
def test_a_limit_that_the_machine_has_set_is_the_one_that_is_told(tmp_path, name, most):
    """Of processor time a little less: at the machine's own limit a program is killed without a reason."""
    prover = made(tmp_path / "prover", before="while :; do :; done" if name == "RLIMIT_CPU" else
                  "echo 'Error: Out of memory.' >&2; exit 1")  # fmt: skip
    code = f"""
import resource
from pathlib import Path
from explore_theory.harness.formal.prover import call
resource.setrlimit(resource.{name}, ({most}, {most}))
try:
    call([{str(prover.folder / "coqc")!r}, "x.v"], Path({str(tmp_path)!r}), "x.v")
except Exception as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    within = "2 s of processor time" if name == "RLIMIT_CPU" else "1024 MB of memory"
    assert done.stdout.startswith(f"x.v must be checked within {within}, got ")
