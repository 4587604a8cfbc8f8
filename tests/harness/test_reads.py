"""What a claim reads and no digest covers is an ERROR that names it; what does not matter is no alarm."""

import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.isolation import reads
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

#: It is about processes themselves.
pytestmark = pytest.mark.cold_workers


def verdicts(toys, *more, executor=None):
    registry = discover([str(toys.path), *more])
    with Store(":memory:") as store:
        results = session_results(store, run(registry.claims, store, executor=executor))
    return {r.id: r.verdict for r in results} | {b.id: b.reason for b in registry.broken}


HERE = "__import__('pathlib').Path(__file__).parent"
READS = {
    "open": f"({HERE} / 'data.bin').read_bytes()",
    "numpy": f"np.fromfile({HERE} / 'data.bin')",
    "memmap": f"np.memmap({HERE} / 'data.bin', mode='r')",
    "os.open": f"import os; os.close(os.open({HERE} / 'data.bin', os.O_RDONLY))",
    "both ways": f"open({HERE} / 'data.bin', 'r+').close()",
    "sqlite": f"import sqlite3; sqlite3.connect({HERE} / 'data.bin').close()",
    "argument": f"import subprocess, sys; subprocess.run([sys.executable, '-c', '', {HERE} / 'data.bin'])",
    "elsewhere": f"open({HERE}.parent / 'toys' / '..' / 'toys' / 'data.bin').close()",
}


@pytest.mark.parametrize("how", READS)
def test_a_file_read_while_a_block_runs_must_be_named(toys, how):
    data = toys.write("data.bin", "")
    data.write_bytes(b"12345678")
    file = toys.add("A1", extra=READS[how])
    verdict = verdicts(toys)["A1"]
    assert verdict.status is Status.ERROR
    assert verdict.reason == (
        f"InvalidClaim: the digest of A1 does not cover {data}, which it read: name it in sources="
    )
    file.write_text(file.read_text().replace("CLAIM = Claim(", "CLAIM = Claim(sources=('data.bin',), "))
    assert verdicts(toys)["A1"].status is Status.HOLDS


def test_workers_see_it_too(toys):
    toys.write("data.bin", "1")
    toys.add("A1", extra=READS["open"])
    toys.add("B1")
    found = verdicts(toys, executor=Processes(1))
    assert (found["A1"].status, found["B1"].status) == (Status.ERROR, Status.HOLDS)
    assert "does not cover" in found["A1"].reason


def test_a_file_read_once_and_kept_in_memory_is_not_forgotten(toys):
    data = toys.write("data.bin", "1")
    keeps = (
        f"KEPT = globals().setdefault('KEPT', []); KEPT or KEPT.append(({HERE} / 'data.bin').read_bytes())"
    )
    toys.add("A1", extra=keeps.replace("KEPT = ", "global KEPT; KEPT = "))
    registry = discover([str(toys.path)])
    with Store(":memory:") as store:
        for _ in range(2):
            (result,) = session_results(store, run(registry.claims, store))
            assert all(c.verdict.status is Status.ERROR for c in result.cases)
            assert str(data) in result.verdict.reason


def test_a_file_read_at_import_of_the_claim_is_an_error_of_its_module(toys):
    toys.write("data.bin", "1")
    file = toys.add("A1")
    file.write_text(file.read_text() + f"\nDATA = ({HERE} / 'data.bin').read_bytes()\n")
    toys.add("B1")
    found = verdicts(toys)
    assert "does not cover" in found["A1"]
    assert found["B1"].status is Status.HOLDS


def test_a_file_read_at_import_of_a_helper_counts_for_each_claim_that_imports_it(toys):
    data = toys.write("data.bin", "1")
    toys.write("common.py", f"DATA = ({HERE} / 'data.bin').read_bytes()\n")
    for id in ("A1", "B1", "C1"):
        file = toys.add(id)
        file.write_text(
            file.read_text().replace(
                "import numpy as np",
                "import numpy as np\nimport common" * (id != "C1") or "import numpy as np",
            )
        )
    first = next(toys.path.glob("a1_*"))
    first.write_text(first.read_text().replace("CLAIM = Claim(", "CLAIM = Claim(sources=('data.bin',), "))
    found = verdicts(toys)
    assert found["A1"].status is Status.HOLDS
    assert str(data) in found["B1"]
    assert found["C1"].status is Status.HOLDS


COMPUTED = "import importlib; importlib.import_module('simu' + 'lator')"


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_a_module_imported_by_a_computed_name_must_be_named(toys, tmp_path, monkeypatch, installed, other):
    """Also where a claim that ran before imports the same module by its plain name."""
    folder = toys.path
    if installed:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        monkeypatch.syspath_prepend(folder)
    (folder / "simulator.py").write_text("X = 1\n")
    if other:
        toys.add("A1", extra="import simulator; assert simulator.X == 1")
    file = toys.add("B1", extra=COMPUTED)
    found = verdicts(toys)
    assert not other or found["A1"].status is Status.HOLDS
    assert found["B1"].status is Status.ERROR
    assert f"does not cover {folder / 'simulator.py'}, which it read" in found["B1"].reason
    named = str(folder / "simulator.py")
    file.write_text(file.read_text().replace("CLAIM = Claim(", f"CLAIM = Claim(sources=({named!r},), "))
    assert verdicts(toys)["B1"].status is Status.HOLDS


@pytest.mark.parametrize(
    "harmless",
    [
        "import tempfile; f = tempfile.TemporaryFile(); f.write(b'1'); f.close()",
        "import tempfile; f = tempfile.NamedTemporaryFile('w+'); open(f.name).close(); f.close()",
        f"p = {HERE} / 'made.txt'; p.write_text('1'); p.read_text(); p.unlink()",
        f"p = {HERE} / 'made.txt'; p.write_text('1'); q = p.replace({HERE} / 'n'); q.read_text(); q.unlink()",
        f"p = {HERE} / 'made.txt'; p.write_text('1'); p.read_text()",
        "open(__file__).close()",
        "open('/proc/self/stat').close()",
        "import json.tool",
        "import matplotlib.font_manager as f; f.findfont('serif')",
        "from explore_theory.certify import boxes",
        "import importlib.util; importlib.util.find_spec('unused')",
        f"import os; os.listdir({HERE}); os.path.exists({HERE} / 'unused.py')",
        f"try: open({HERE} / 'missing')\n    except OSError: pass",
        f"open({HERE} / 'out.txt', 'a').close()",
        "import inspect; inspect.getsource(np.linspace)",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "import tempfile\n    try: open(tempfile.gettempdir() + '/<unknown>')\n    except OSError: pass",
    ],
)
def test_no_alarm(toys, harmless):
    toys.write("unused.py", "")
    toys.write("out.txt", "")
    toys.add("A1", extra=harmless)
    assert verdicts(toys)["A1"].status is Status.HOLDS


def test_what_is_read_outside_of_claims_is_nobodys(toys):
    data = toys.write("data.bin", "1")
    toys.add("A1")
    registry = discover([str(toys.path)])
    data.read_text()
    with Store(":memory:") as store:
        (result,) = session_results(store, run(registry.claims, store))
    assert result.verdict.status is Status.HOLDS


def test_a_process_that_runs_no_claims_has_no_hook():
    program = (
        "import sys, explore_theory.cli, explore_theory.pytest_plugin; from explore_theory import exact\n"
    )
    program += "assert 'explore_theory.harness.isolation.reads' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def aside(tmp_path_factory):
    """A file in a temporary folder, away from the claims."""
    path = tmp_path_factory.mktemp("aside") / "data.bin"
    path.write_text("1")
    return path


def test_what_was_in_the_temporary_folder_before_the_run_is_an_input(toys, aside, monkeypatch):
    toys.add("A1", extra=f"open({str(aside)!r}).close()")
    assert verdicts(toys)["A1"].status is Status.HOLDS, "it was made after this process began"
    monkeypatch.setattr(reads, "_STARTED", aside.stat().st_ctime + 1)
    reads._matters.cache_clear()
    assert f"does not cover {aside}" in verdicts(toys)["A1"].reason


def test_data_of_the_project_around_the_claims_must_be_named_also_below_a_temporary_folder(toys):
    """The natural layout: a package with data, whose claims lie in a folder of its own."""
    package = toys.path / "pp"
    (package / "claims").mkdir(parents=True)
    for folder in (package, package / "claims"):
        (folder / "__init__.py").write_text("")
    (package / "k.txt").write_text("0.5")
    (package / "core.py").write_text(
        "from pathlib import Path\n\ndef k():\n"
        "    return float((Path(__file__).parent / 'k.txt').read_text())\n"
    )
    toys.add("A1", extra="from pp.core import k; assert k() < 1").rename(package / "claims" / "a1_toy.py")
    registry = discover([str(package / "claims")])
    with Store(":memory:") as store:
        (result,) = session_results(store, run(registry.claims, store))
    assert "does not cover" in result.verdict.reason
    assert "k.txt" in result.verdict.reason


def test_folders_are_those_of_this_moment(tmp_path, monkeypatch):
    """They are kept, since each of them is a walk along links; a temporary folder may change all the same."""
    (tmp_path / "there").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "there")
    before = reads._elsewhere()
    assert str((tmp_path / "there").resolve()) not in before
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "linked"))
    assert str((tmp_path / "there").resolve()) in reads._elsewhere()
    assert reads._elsewhere() is reads._elsewhere()
    fonts = SimpleNamespace(get_cachedir=lambda: "/fonts", get_configdir=lambda: "/settings")
    monkeypatch.setitem(sys.modules, "matplotlib", fonts)
    assert {"/fonts", "/settings"} <= set(reads._elsewhere())
