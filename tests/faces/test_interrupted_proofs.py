"""What a proof that is cut short leaves behind: no folder, whoever ended the run, and however."""

import os
import signal
import subprocess
import sys
import time

import pytest
from made_provers import made, on_path
from test_formal_commands import CLAIM, SOURCE

from explore_theory.cli.ending import ends_as_by_ctrl_c
from explore_theory.errors import InvalidClaim
from explore_theory.harness.formal import scratch
from explore_theory.harness.formal.scratch import scratch_folder, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks and signals")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A claim whose prover does not end, and a temporary folder of its own."""
    formal, temporary = tmp_path / "claims" / "formal", tmp_path / "tmp"
    formal.mkdir(parents=True)
    temporary.mkdir()
    (tmp_path / "claims" / "b1_toy.py").write_text(CLAIM.replace("PROOFS", "proofs=(PROOF,),"))
    (formal / "b1.v").write_text(SOURCE)
    on_path(
        monkeypatch, made(tmp_path / "prover", before=f'echo $$ > "{tmp_path}/pid"; exec sleep 60'), tmp_path
    )
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left(place):
    return [path.name for path in (place / "tmp").iterdir() if path.name.startswith("explore-theory")]


def proving(place, *words):
    """A command that has begun to ask the prover."""
    command = [sys.executable, "-m", "explore_theory", *words, "--claims", "claims"]
    # Tests that run in the background inherit a shell's wish to ignore the signal, and so would the command.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, inherited)
    pid, deadline = place / "pid", time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline and run.poll() is None:
        time.sleep(0.02)
    assert len(left(place)) == 1, run.communicate()[1] if run.poll() is not None else "no folder yet"
    return run


@pytest.mark.parametrize("jobs", ["0", "1"])
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM], ids=lambda ended_by: ended_by.name)
@pytest.mark.parametrize("command", [("verify",), ("formal", "check")], ids="-".join)
def test_a_run_that_is_asked_to_end_leaves_no_folder(place, command, ended_by, jobs):
    run = proving(place, *command, "--jobs", jobs)
    run.send_signal(ended_by)
    _, err = run.communicate(timeout=60)
    assert left(place) == []
    assert run.returncode == 130
    assert "explore-theory: interrupted" in err
    assert "Traceback" not in err


def test_a_worker_takes_its_folder_along_when_its_run_is_killed(place):
    run = proving(place, "formal", "check", "--jobs", "1")
    run.kill()
    run.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while left(place) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left(place) == []


def test_a_proof_over_its_time_leaves_no_folder(place):
    command = [sys.executable, "-m", "explore_theory", "verify", "--block-time", "2", "--claims", "claims"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "BlockTimeout" in done.stdout
    assert left(place) == []


def test_what_a_killed_process_left_goes_with_the_next_start_and_what_is_in_use_stays(place):
    held = proving(place, "formal", "check", "--jobs", "0")
    (folder,) = left(place)
    others = ["explore-theory-formal-of-old", "explore-theory-results"]
    for name in others:
        (place / "tmp" / name).mkdir()
    with scratch_folder() as mine:
        (mine / "x.v").write_text("")
        sweep()
        assert sorted(left(place)) == sorted([folder, mine.name, *others]), "each is of a process that lives"
        assert (mine / "x.v").exists()
    held.kill()
    held.communicate(timeout=60)
    assert sorted(left(place)) == sorted([folder, *others])
    with scratch_folder() as mine:
        assert sorted(left(place)) == sorted([mine.name, *others])
    assert sorted(left(place)) == sorted(others)


def test_a_folder_that_was_swept_before_it_was_held_is_made_again(place, monkeypatch):
    lock, swept = scratch._lock, []

    def late(path, *, wait):
        if not swept:
            swept.append(path)
            sweep()
        return lock(path, wait=wait)

    monkeypatch.setattr(scratch, "_lock", late)
    with scratch_folder() as mine:
        assert mine.is_dir()
        assert [mine] != swept
    assert left(place) == []


def test_a_link_and_the_folder_of_somebody_else_are_left_alone(place, monkeypatch):
    kept = place / "kept"
    kept.mkdir()
    (place / "tmp" / f"{scratch._NAME}link").symlink_to(kept)
    other = place / "tmp" / f"{scratch._NAME}other"
    other.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: -1)
    sweep()
    assert kept.is_dir()
    assert other.is_dir()


def test_a_mistake_in_the_proof_leaves_no_folder(place):
    with pytest.raises(InvalidClaim, match="by design"), scratch_folder():
        raise InvalidClaim("by design")
    assert left(place) == []


def test_whoever_calls_a_command_keeps_an_answer_of_its_own():
    def own(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGTERM, own)
    try:
        for answer in (own, signal.SIG_IGN):
            signal.signal(signal.SIGTERM, answer)
            with ends_as_by_ctrl_c():
                assert signal.getsignal(signal.SIGTERM) is answer
            assert signal.getsignal(signal.SIGTERM) is answer
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with pytest.raises(KeyboardInterrupt), ends_as_by_ctrl_c():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
