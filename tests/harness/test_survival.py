"""Survival: workers that die, runs that are killed, disks that fill, runs that collide.

After each, resuming gives exactly the results of an undisturbed run, and no run reports success before that.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from hashlib import blake2b

import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.running import worker
from explore_theory.harness.running.executors import ATTEMPTS, Limits, Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Outcome, Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json

#: It is about processes themselves.
pytestmark = pytest.mark.cold_workers


def in_workers(claims, workers=2, **limits):
    with Store(":memory:") as store:
        session = run(claims, store, executor=Processes(workers, Limits(**limits)))
        return session_results(store, session)


def undisturbed(claims, **options):
    with Store(":memory:") as store:
        return to_json(session_results(store, run(claims, store, **options)), timing=False)


def command(toys, *more):
    return [sys.executable, "-m", "explore_theory", "verify", "--claims", str(toys.path), "--json", *more]


def stripped(stdout):
    """Results as printed, without times."""
    data = json.loads(stdout)
    for claim in data["claims"]:
        claim.pop("seconds")
    return json.dumps(data, indent=2)


def test_workers_give_what_one_process_gives(toys):
    toys.add("A1")
    toys.add("B1", bound=0.9)
    toys.add("C1", extra="raise ZeroDivisionError('by design')")
    claims = discover([str(toys.path)]).claims
    assert to_json(in_workers(claims), timing=False) == undisturbed(claims)


DIE_ONCE = """
    import os, pathlib, signal
    flag = pathlib.Path({flag!r}) / str(trial.rows[0])
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_worker_is_replaced_and_its_block_run_again(toys, tmp_path):
    (tmp_path / "flags").mkdir()
    plain = toys.add("A1")
    expected = undisturbed(discover([str(toys.path)]).claims)
    plain.unlink()
    for name in [name for name in sys.modules if name.startswith("a1_")]:
        del sys.modules[name]
    toys.add("A1", extra=DIE_ONCE.format(flag=str(tmp_path / "flags")).strip())
    claims = discover([str(toys.path)]).claims
    assert to_json(in_workers(claims), timing=False) == expected
    assert len(list((tmp_path / "flags").iterdir())) == 4, "every block had killed its worker once"


def test_a_block_that_always_kills_its_worker_is_an_error_and_the_rest_goes_on(toys):
    toys.add("A1", extra="import os, signal; trial.rows[0] or os.kill(os.getpid(), signal.SIGKILL)")
    toys.add("B1")
    bad, good = in_workers(discover([str(toys.path)]).claims)
    assert good.verdict.status is Status.HOLDS
    assert bad.verdict.status is Status.ERROR
    assert bad.verdict.reason == f"WorkerDied: ended its worker {ATTEMPTS} times, last with signal 9"
    assert {c.case for c in bad.cases if c.verdict.status is Status.ERROR} == {"one", "two"}


def test_a_block_over_its_time_is_an_error(toys):
    toys.add("A1", extra="import time; time.sleep(0 if trial.rows[0] else 60)")
    (result,) = in_workers(discover([str(toys.path)]).claims, seconds=1.5)
    assert result.verdict.reason == "BlockTimeout: exceeded the limit of 1.5 s"


def test_a_block_over_its_memory_is_an_error(toys):
    toys.add("A1", extra="np.ones(2**28)")
    toys.add("B1")
    big, small = in_workers(discover([str(toys.path)]).claims, memory=1.0)
    assert big.verdict.status is Status.ERROR
    assert "MemoryError" in big.verdict.reason
    assert big.verdict.reason.endswith("; a block may use 1 GiB here: give it more by --block-memory")
    assert small.verdict.status is Status.HOLDS


NO_SEGMENT = "raise ImportError('libllvmlite.so: failed to map segment from shared object')"


@pytest.mark.parametrize("place", ["extra", "top"])
def test_a_library_that_memory_does_not_hold_is_told_with_the_option(toys, place):
    """While the claim runs, or while a worker, which has a limit, imports it."""
    file = toys.add("A1", extra=NO_SEGMENT if place == "extra" else "0")
    if place == "top":
        limited = "import resource\nif resource.getrlimit(resource.RLIMIT_AS)[0] > 0:\n    "
        file.write_text(f"{file.read_text()}\n{limited}{NO_SEGMENT}\n")
    (result,) = in_workers(discover([str(toys.path)]).claims, memory=1.0)
    assert "failed to map segment" in result.verdict.reason
    assert result.verdict.reason.endswith("; a block may use 1 GiB here: give it more by --block-memory")


def test_an_error_that_memory_has_no_part_in_is_told_without_it(toys):
    toys.add("A1", extra="raise ImportError('no module named x')")
    (result,) = in_workers(discover([str(toys.path)]).claims, memory=1.0)
    assert result.verdict.status is Status.ERROR
    assert "block-memory" not in result.verdict.reason


def test_what_an_error_came_of_is_not_the_error():
    """Want of memory that a claim met and dealt with, above another error in the same traceback."""
    told = "MemoryError\n\nDuring handling of the above exception:\n\nKeyError: 'x'\n"
    outcome = Outcome(status="error", payload=told, seconds=1.0)
    assert worker._said_of_memory(outcome, 1.0) == outcome
    done = Outcome(status="done", payload="MemoryError", seconds=1.0)
    assert worker._said_of_memory(done, 1.0) == done


def test_a_claim_edited_while_it_runs_is_an_error_and_never_a_result(toys):
    file = toys.add("A1")
    claims = discover([str(toys.path)]).claims
    file.write_text(file.read_text().replace("Bound.of(1.0)", "Bound.of(0.1)"))
    (result,) = in_workers(claims)
    assert result.verdict.status is Status.ERROR
    assert "must not change while it runs" in result.verdict.reason


@pytest.mark.parametrize("bad", [{"seconds": 0.0}, {"memory": -1.0}, {"seconds": float("nan")}])
def test_limits_out_of_range_are_refused(bad):
    with pytest.raises(InvalidClaim, match="must be positive and finite"):
        Limits(**bad)


def test_memory_that_the_libraries_of_claims_do_not_fit_into_is_refused_with_the_least_of_it(toys, tmp_path):
    toys.add("A1")
    done = subprocess.run(
        command(toys, "--block-memory", "0.1"), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "explore-theory: block memory must be at least 0.5 GiB (--block-memory 0.5), to load what "
        "claims import, got memory=0.1\n"
    )
    assert Limits(memory=0.5).memory == 0.5


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="finds child processes through /proc")
def test_workers_do_not_outlive_a_killed_run(toys, tmp_path):
    toys.add("A1", extra="import time; time.sleep(0.5)")
    run_ = subprocess.Popen(
        command(toys, "--jobs", "2", "--block", "5"), cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    children = set()
    deadline = time.monotonic() + 20
    while len(children) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
        children = set()
        for task in os.listdir(f"/proc/{run_.pid}/task"):
            with open(f"/proc/{run_.pid}/task/{task}/children") as file:
                children |= {int(pid) for pid in file.read().split()}
    assert len(children) >= 2
    run_.kill()
    run_.wait()
    deadline = time.monotonic() + 10
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(alive, children))


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_killed_at_any_moment_resumes_to_the_undisturbed_result(toys, tmp_path, jobs):
    toys.add("A1", extra="import time; time.sleep(0.03)")
    toys.add("B1", bound=0.9)
    call = command(toys, "--block", "5", "--jobs", str(jobs))
    for name in ("calm", "wild"):
        (tmp_path / name).mkdir()
    calm = subprocess.run(call, cwd=tmp_path / "calm", capture_output=True, text=True, check=False)
    assert calm.returncode == 1
    for attempt in range(20):
        # Moments spread over start-up and run, derived and not drawn.
        share = int.from_bytes(blake2b(f"{jobs}/{attempt}".encode(), digest_size=4).digest(), "big") / 2**32
        victim = subprocess.Popen(call, cwd=tmp_path / "wild", stdout=subprocess.PIPE, text=True)
        try:
            victim.communicate(timeout=0.1 + 1.4 * share)
        except subprocess.TimeoutExpired:
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
        assert victim.returncode in (-signal.SIGKILL, 1), "never success: B1 is refuted"
    last = subprocess.run(call, cwd=tmp_path / "wild", capture_output=True, text=True, check=False)
    assert last.returncode == 1
    assert stripped(last.stdout) == stripped(calm.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="limits the file size through RLIMIT_FSIZE")
def test_a_full_disk_is_one_line_and_loses_nothing(toys, tmp_path):
    toys.add("A1")
    call = command(toys, "--block", "1")

    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000))

    full = subprocess.run(
        call, cwd=tmp_path, capture_output=True, text=True, check=False, preexec_fn=small_disk
    )
    assert full.returncode == 2
    assert full.stderr.count("\n") == 1
    assert "store 'explore-theory.sqlite' cannot be used" in full.stderr
    with Store(tmp_path / "explore-theory.sqlite") as store:
        kept = store.counts()["blocks"]
        assert kept > 10
        assert latest_results(store)[0].verdict.status is Status.INCONCLUSIVE
    again = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert stripped(again.stdout) == undisturbed(discover([str(toys.path)]).claims)


def test_two_runs_on_one_store_at_once_both_end_well(toys, tmp_path):
    toys.add("A1", extra="import time; time.sleep(0.02)")
    runs = [
        subprocess.Popen(command(toys, "--block", block), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for block in ("4", "7")
    ]
    outputs = [process.communicate(timeout=60)[0] for process in runs]
    assert [process.returncode for process in runs] == [0, 0]
    expected = undisturbed(discover([str(toys.path)]).claims)
    assert [stripped(out) for out in outputs] == [expected, expected]
